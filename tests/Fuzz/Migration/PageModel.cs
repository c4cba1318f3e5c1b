using System.Buffers.Binary;
using Vmm.Migration.Protocol;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>What memory must hold after well-formed messages with pages, uncompressed: the protocol's words, done once more in a few lines.</summary>
internal static class PageModel
{
    /// <summary>Memory after each number of rounds, from none, that every connection has ended.</summary>
    /// <param name="connections">What was said on the connections for memory.</param>
    public static IEnumerable<byte[]> AfterRounds(IReadOnlyList<List<Recorded>> connections)
    {
        byte[] memory = new byte[Recordings.Memory];
        yield return [.. memory];
        for (uint round = 0; connections.Count > 0 && connections.All(said => said.Exists(message => IsEnd(message, round))); round++)
        {
            // What a connection says of a round that it has ended is an error, and it may be noticed when the guest runs.
            foreach (Recorded pages in connections.SelectMany(said => said.TakeWhile(message => !IsEnd(message, round))).Where(message => message.Type == MessageType.Pages && Number(message) == round))
                Apply(pages.Payload, memory);
            yield return [.. memory];
        }
    }

    /// <summary>The same, and after each the pages of a list that followed: every one of them and no other, in messages of the next round. Without those after which some are still missing.</summary>
    /// <param name="connections">What was said on the connections for memory; the last has no rounds.</param>
    /// <param name="list">The list.</param>
    public static IEnumerable<byte[]> WithTail(IReadOnlyList<List<Recorded>> connections, byte[] list)
    {
        uint round = 0;
        foreach (byte[] memory in AfterRounds([.. connections.Take(connections.Count - 1)]))
        {
            List<int> missing = [.. Enumerable.Range(0, memory.Length / PageMessage.PageSize).Where(page => (list[page / 8] >> (page % 8) & 1) != 0)];
            List<int> came = [];
            foreach (Recorded pages in connections.SelectMany(said => said).Where(message => message.Type == MessageType.Pages && Number(message) == round))
                came.AddRange(Apply(pages.Payload, memory));
            if (missing.TrueForAll(came.Contains) && came.TrueForAll(missing.Contains))
                yield return memory;
            round++;
        }
    }

    private static bool IsEnd(Recorded message, uint round) => message.Type == MessageType.RoundEnd && message.Payload.Length == sizeof(uint) && Number(message) == round;

    private static uint Number(Recorded message) => message.Payload.Length < sizeof(uint) ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(message.Payload);

    /// <summary>A message that is not as it must be changes nothing: nobody runs after it.</summary>
    /// <returns>The pages that it was about.</returns>
    private static List<int> Apply(byte[] payload, byte[] memory)
    {
        List<int> came = [];
        if (payload.Length < 16)
            return came;
        int content = 16;
        long runs = payload.Length - BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(4)) * 16L;
        for (long at = runs; at >= content && at < payload.Length; at += 16)
        {
            ReadOnlySpan<byte> run = payload.AsSpan((int)at, 16);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(run);
            ulong length = BinaryPrimitives.ReadUInt32LittleEndian(run[8..]) * 4096UL;
            bool isZero = BinaryPrimitives.ReadUInt32LittleEndian(run[12..]) == 1;
            if (offset > (ulong)memory.Length || length > (ulong)memory.Length - offset || (!isZero && length > (ulong)(runs - content)))
                return came;
            came.AddRange(Enumerable.Range((int)(offset / PageMessage.PageSize), (int)(length / PageMessage.PageSize)));
            Span<byte> there = memory.AsSpan((int)offset, (int)length);
            if (isZero)
            {
                there.Clear();
                continue;
            }
            payload.AsSpan(content, (int)length).CopyTo(there);
            content += (int)length;
        }
        return came;
    }
}
