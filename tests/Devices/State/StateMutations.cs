using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vmm.Tests.Devices.State;

/// <summary>Damaged and forged states: each field of one replaced, removed, doubled, or given company; and several such at once.</summary>
internal static class StateMutations
{
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "1", "2", "-1", "7", "15", "128", "255", "256", "32768", "65535", "65536", "4294967295", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775808", "1e300", "0.5",
        "\"\"", "\"x\"", "\"AAAA\"", "\"////\"", "\"=\"", "[]", "[null]", "[0]", "[65535,65535]", "[{}]", "{}",
    ];

    /// <summary>Every field by itself, with every value; without it; twice; and with a stranger beside it.</summary>
    public static IEnumerable<string> Each(string state)
    {
        yield return "null";
        yield return "[]";
        yield return "{}";
        int count = Places(JsonNode.Parse(state)!).Count;
        for (int i = 0; i < count; i++)
        {
            foreach (string value in s_values)
                yield return Change(state, i, value);
            foreach (string value in Near(Places(JsonNode.Parse(state)!)[i].Value))
                yield return Change(state, i, value);
            yield return Remove(state, i);
            foreach (string doubled in Double(state, i))
                yield return doubled;
        }
    }

    /// <summary>Some steps of a walk over the states: a few changes at once.</summary>
    public static string Walk(string state, Random random)
    {
        for (int steps = random.Next(1, 5); steps > 0; steps--)
        {
            List<Place> places = Places(JsonNode.Parse(state)!);
            if (places.Count == 0)
                return state;
            int at = random.Next(places.Count);
            string[] near = [.. Near(places[at].Value)];
            bool isNear = near.Length > 0 && random.Next(4) != 0;
            state = isNear ? Change(state, at, near[random.Next(near.Length)])
                : random.Next(8) == 0 ? Remove(state, at)
                : Change(state, at, s_values[random.Next(s_values.Length)]);
        }
        return state;
    }

    /// <summary>Values that are almost right: most of the illegal states that a reader lets through are there.</summary>
    private static IEnumerable<string> Near(JsonNode? value)
    {
        if (value is not JsonValue leaf)
            yield break;
        if (leaf.GetValueKind() == JsonValueKind.Number && leaf.TryGetValue(out ulong number))
        {
            foreach (ulong near in (ulong[])[unchecked(number + 1), unchecked(number - 1), number ^ 4, number ^ 8, number ^ 64, number << 1, number >> 1, number | 1UL << 40])
                yield return $"{near}";
        }
        else if (leaf.GetValueKind() == JsonValueKind.True)
        {
            yield return "false";
        }
        else if (leaf.GetValueKind() == JsonValueKind.False)
        {
            yield return "true";
        }
        else if (leaf.GetValueKind() == JsonValueKind.String && leaf.TryGetValue(out string? text))
        {
            yield return JsonSerializer.Serialize(text + "AAAA");
            yield return JsonSerializer.Serialize(text.Length >= 4 ? text[4..] : text + "!");
            for (int i = 0; i < text.Length; i += Math.Max(1, text.Length / 16))
                yield return JsonSerializer.Serialize($"{text[..i]}{(text[i] == 'Q' ? 'g' : 'Q')}{text[(i + 1)..]}");
        }
    }

    private static List<Place> Places(JsonNode root)
    {
        List<Place> places = [];
        void Visit(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                foreach ((string name, JsonNode? value) in members.ToList())
                {
                    places.Add(new Place(members, name, 0, value));
                    Visit(value);
                }
            }
            else if (node is JsonArray items)
            {
                // A few stand for many.
                for (int i = 0; i < Math.Min(items.Count, 3); i++)
                {
                    places.Add(new Place(items, null, i, items[i]));
                    Visit(items[i]);
                }
            }
        }
        Visit(root);
        return places;
    }

    private static string Change(string state, int at, string value)
    {
        JsonNode root = JsonNode.Parse(state)!;
        Place place = Places(root)[at];
        if (place.Name is { } name)
            place.Parent[name] = JsonNode.Parse(value);
        else
            place.Parent[place.Index] = JsonNode.Parse(value);
        return root.ToJsonString();
    }

    private static string Remove(string state, int at)
    {
        JsonNode root = JsonNode.Parse(state)!;
        Place place = Places(root)[at];
        if (place.Name is { } name)
            ((JsonObject)place.Parent).Remove(name);
        else
            ((JsonArray)place.Parent).RemoveAt(place.Index);
        return root.ToJsonString();
    }

    /// <summary>The field twice, and a field that there is not; an item twice.</summary>
    private static IEnumerable<string> Double(string state, int at)
    {
        JsonNode root = JsonNode.Parse(state)!;
        Place place = Places(root)[at];
        if (place.Name is not { } name)
        {
            ((JsonArray)place.Parent).Add(place.Value?.DeepClone());
            yield return root.ToJsonString();
            yield break;
        }
        const string stranger = "stranger-here";
        string value = place.Value?.ToJsonString() ?? "null";
        place.Parent[stranger] = JsonNode.Parse(value);
        string with = root.ToJsonString();
        yield return with;
        yield return with.Replace($"\"{stranger}\"", $"\"{name}\"", StringComparison.Ordinal);
    }

    private sealed record Place(JsonNode Parent, string? Name, int Index, JsonNode? Value);
}
