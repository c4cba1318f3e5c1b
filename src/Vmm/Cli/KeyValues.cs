using System.Globalization;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>
/// The value of an option such as <c>--disk path=a.img,readonly=on</c>: keys and values between commas. Two commas
/// stand for one in a value. The first part may leave out its key.
/// </summary>
/// <remarks>Each key is taken once; <see cref="Done"/> then refuses what nobody asked for, knowing what could have been meant.</remarks>
internal sealed class KeyValues
{
    private readonly List<(string Key, string Value)> _pairs = [];
    private readonly List<string> _known = [];

    /// <summary>Splits a value.</summary>
    /// <param name="text">What follows the option.</param>
    /// <param name="firstKey">The key that the first part may leave out.</param>
    /// <param name="repeatable">The key that may be given more than once; null for none.</param>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public KeyValues(string text, string firstKey, string? repeatable = null)
    {
        foreach (string part in Split(text))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            (string key, string value) = equals < 0 && _pairs.Count == 0 ? (firstKey, part) : Pair(part, equals);
            if (value.Length == 0)
                throw new FormatException(text.Length == 0 ? "needs a value" : $"key '{Printable.Escape(key)}' has no value");
            if (key != repeatable && _pairs.Exists(pair => pair.Key == key))
                throw new FormatException($"key '{Printable.Escape(key)}' is given twice");
            _pairs.Add((key, value));
        }
    }

    /// <summary>The value of a key, or null.</summary>
    public string? Text(string key)
    {
        _known.Add(key);
        int index = _pairs.FindIndex(pair => pair.Key == key);
        if (index < 0)
            return null;
        string value = _pairs[index].Value;
        _pairs.RemoveAt(index);
        return value;
    }

    /// <summary>Every value of a key that may be given more than once.</summary>
    public IReadOnlyList<string> All(string key)
    {
        List<string> values = [];
        while (Text(key) is string value)
            values.Add(value);
        return values;
    }

    /// <summary>A key that is on or off; off when it is not given.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public bool Switch(string key) => Text(key) switch
    {
        null or "off" => false,
        "on" => true,
        string other => throw new FormatException($"{key}={Printable.Escape(other)} is neither {key}=on nor {key}=off"),
    };

    /// <summary>A whole number, or null.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public int? Number(string key) => Text(key) switch
    {
        null => null,
        string text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) => value,
        string other => throw new FormatException($"{key}: '{Printable.Escape(other)}' is not a whole number from 0 to {int.MaxValue}"),
    };

    /// <summary>Refuses what is left.</summary>
    /// <exception cref="FormatException">Naming the key and the one that was probably meant.</exception>
    public void Done()
    {
        if (_pairs.Count == 0)
            return;
        string key = _pairs[0].Key;
        string meant = Suggestion.For(key, _known);
        string all = meant.Length > 0 ? meant : $"; there are {string.Join(", ", _known)}";
        throw new FormatException($"unknown key '{Printable.Escape(key)}'{all}");
    }

    private static (string Key, string Value) Pair(string part, int equals) => equals switch
    {
        < 0 when part.Length == 0 => throw new FormatException("has nothing before or after a comma (a comma inside a value is written ',,')"),
        < 0 => throw new FormatException($"'{Printable.Escape(part)}' is not of the form key=value (a comma inside a value is written ',,')"),
        0 => throw new FormatException($"'{Printable.Escape(part)}' has no key before '='"),
        _ => (part[..equals], part[(equals + 1)..]),
    };

    private static List<string> Split(string text)
    {
        List<string> parts = [];
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != ',')
                continue;
            if (i + 1 < text.Length && text[i + 1] == ',')
            {
                i++;
                continue;
            }
            parts.Add(text[start..i]);
            start = i + 1;
        }
        parts.Add(text[start..]);
        return parts.ConvertAll(part => part.Replace(",,", ",", StringComparison.Ordinal));
    }
}
