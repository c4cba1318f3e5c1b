using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Vmm.Migration.Protocol;
using Vmm.Tests.Devices.State;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>One side of a recorded migration as something to play, after things were done to it.</summary>
internal static class Script
{
    private const int MostGarbage = 300;

    /// <summary>Makes it.</summary>
    /// <param name="log">The migration.</param>
    /// <param name="source">Whether the source's side is played.</param>
    /// <param name="mutations">What is done to it.</param>
    public static List<Step> Of(IReadOnlyList<Recorded> log, bool source, params Mutation[] mutations)
    {
        List<Step> steps = [.. log.Where(message => IsPlayed(message, source)).Select(message => new Step
        {
            Connection = message.Connection,
            Type = message.Type,
            IsAwaited = message.Type is not null && message.FromSource != source,
            Payload = message.Payload,
        })];
        foreach (Mutation mutation in mutations)
        {
            int[] own = [.. Enumerable.Range(0, steps.Count).Where(i => steps[i] is { IsAwaited: false, Type: not null })];
            if (own.Length > 0)
                Mutate(steps, own, own[mutation.Which % own.Length], mutation);
        }
        return steps;
    }

    /// <summary>Pages come on whichever connection is free: nobody waits for one.</summary>
    private static bool IsPlayed(Recorded message, bool source) => message.FromSource == source || message.Type != MessageType.Pages;

    private static void Mutate(List<Step> steps, int[] own, int at, Mutation mutation)
    {
        Step step = steps[at] = steps[at].Copy();
        int other = own[mutation.At % own.Length];
        byte[] payload = step.Payload;
        switch (mutation.How)
        {
            case Mutation.Kind.FlipOnTheWay:
                step.OnTheWay = frame => Replace(frame, mutation.At, (byte)(frame[mutation.At % frame.Length] ^ (mutation.Value | 1)));
                break;
            case Mutation.Kind.CutWithin:
                step.OnTheWay = frame => frame[..(mutation.At % frame.Length)];
                step.Closes = mutation.Value % 2 == 0;
                break;
            case Mutation.Kind.Garbage:
                step.OnTheWay = frame => [.. frame, .. Bytes(mutation)];
                break;
            case Mutation.Kind.ClaimLength:
                step.OnTheWay = frame => Claim(frame, (uint)mutation.Value);
                break;
            case Mutation.Kind.Drop:
                steps.RemoveAt(at);
                break;
            case Mutation.Kind.Repeat:
                steps.Insert(at, step);
                break;
            case Mutation.Kind.Swap:
                (steps[at], steps[other]) = (steps[other], step);
                break;
            case Mutation.Kind.OtherConnection:
                step.Connection = (int)(mutation.Value % 4);
                break;
            case Mutation.Kind.OtherType:
                step.Type = (MessageType)(mutation.Value % 25);
                break;
            case Mutation.Kind.Stranger:
                steps.Insert(at, new Step { Connection = step.Connection, Type = (MessageType)(mutation.Value % 25), Payload = mutation.At % 3 == 0 ? Bytes(mutation) : steps[other].Payload });
                break;
            case Mutation.Kind.OtherRound when steps[other].Payload.Length >= sizeof(uint):
                Step again = steps[other].Copy();
                again.Payload = [.. again.Payload];
                BinaryPrimitives.WriteUInt32LittleEndian(again.Payload, (uint)(mutation.Value % 4));
                steps.Insert(at, again);
                break;
            case Mutation.Kind.Close:
                step.Closes = true;
                break;
            case Mutation.Kind.Byte when payload.Length > 0:
                step.Payload = Replace(payload, mutation.At, (byte)mutation.Value);
                break;
            case Mutation.Kind.Number when payload.Length >= sizeof(uint):
                step.Payload = Put(payload, mutation.At, mutation.Value);
                break;
            case Mutation.Kind.Shorten when payload.Length > 0:
                step.Payload = payload[..(mutation.At % payload.Length)];
                break;
            case Mutation.Kind.Lengthen:
                step.Payload = [.. payload, .. Bytes(mutation)];
                break;
            case Mutation.Kind.Json when payload.Length > 0 && payload[0] == '{':
                step.Payload = Walk(payload, mutation);
                break;
            case Mutation.Kind.Descriptor:
                step.Descriptor = mutation.Value;
                break;
        }
    }

    private static byte[] Bytes(Mutation mutation)
    {
        byte[] bytes = new byte[mutation.At % MostGarbage];
        new Random((int)mutation.Value).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Replace(byte[] bytes, int at, byte value)
    {
        byte[] changed = [.. bytes];
        changed[at % bytes.Length] = value;
        return changed;
    }

    /// <summary>A number where one may be: in what stands before and after pages, rather than in them.</summary>
    private static byte[] Put(byte[] payload, int at, ulong value)
    {
        byte[] changed = [.. payload];
        int words = Math.Min(changed.Length / sizeof(uint), 16);
        int where = at % words * sizeof(uint);
        if (at / words % 2 == 1)
            where = changed.Length - sizeof(uint) - where;
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(where), (uint)value);
        if (value > uint.MaxValue && where + sizeof(ulong) <= changed.Length)
            BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(where), value);
        return changed;
    }

    private static byte[] Claim(byte[] frame, uint length)
    {
        byte[] changed = [.. frame];
        BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(12), length);
        return changed;
    }

    /// <summary>Other values; and now and then half of a character.</summary>
    private static byte[] Walk(byte[] payload, Mutation mutation)
    {
        string text;
        try
        {
            text = StateMutations.Walk(Encoding.UTF8.GetString(payload), new Random((int)mutation.Value));
        }
        catch (JsonException)
        {
            // Something else was done to it before.
            return payload;
        }
        int[] places = [.. Enumerable.Range(1, Math.Max(text.Length - 2, 0)).Where(i => text[i - 1] == '"' && char.IsAsciiLetterOrDigit(text[i]))];
        return Encoding.UTF8.GetBytes(mutation.At % 4 != 0 || places.Length == 0 ? text : text.Insert(places[mutation.At % places.Length], mutation.At % 8 == 0 ? "\\u0000" : "\\ud800"));
    }
}
