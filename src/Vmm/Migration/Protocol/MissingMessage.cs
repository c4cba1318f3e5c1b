using System.Buffers.Binary;
using Vmm.Guest.Memory;

namespace Vmm.Migration.Protocol;

/// <summary>The payload of <see cref="MessageType.Missing"/>: 64-bit words, little-endian, a bit a page of RAM, the lowest bit of the first word for the first.</summary>
internal static class MissingMessage
{
    /// <summary>Writes it.</summary>
    public static byte[] Write(DirtyBitmap pages)
    {
        Span<ulong> words = pages.Words;
        byte[] payload = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(i * sizeof(ulong)), words[i]);
        return payload;
    }

    /// <summary>Reads it.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="memory">RAM in bytes.</param>
    /// <exception cref="ProtocolException">It is not of this RAM.</exception>
    public static DirtyBitmap Read(ReadOnlySpan<byte> payload, ulong memory)
    {
        DirtyBitmap pages = new(memory);
        Span<ulong> words = pages.Words;
        if (payload.Length != words.Length * sizeof(ulong))
            throw new ProtocolException($"a list of missing pages has {payload.Length} bytes, where RAM of {memory} has {words.Length * sizeof(ulong)}");
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(payload[(i * sizeof(ulong))..]);
        int used = (int)(pages.PageCount % 64);
        if (used != 0 && words[^1] >> used != 0)
            throw new ProtocolException("a list of missing pages has some that are beyond the end of RAM");
        return pages;
    }
}
