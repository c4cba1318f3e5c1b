using System.Buffers.Binary;
using System.IO.Hashing;

namespace Vmm.Migration.Protocol;

/// <summary>
/// What stands before every message, little-endian:
/// <code>
///  0  u32  magic "VMMG"
///  4  u16  type
///  6  u16  0
///  8  u32  sequence: 0, 1, 2 … on this way of this connection
/// 12  u32  length of the payload
/// 16  u64  XXH3 (64 bits) of the payload, its seed the XXH3 of the 16 bytes above
/// </code>
/// So a bit that flips anywhere is found, and so is a message that is missing, comes twice or out of order.
/// </summary>
/// <param name="Type">What the message is.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Length">Bytes that follow.</param>
/// <param name="Sum">Theirs, and the header's.</param>
internal readonly record struct FrameHeader(MessageType Type, uint Sequence, uint Length, ulong Sum)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 24;

    /// <summary>"VMMG".</summary>
    public const uint Magic = 0x474d4d56;

    private const int TypeAt = 4;
    private const int ReservedAt = 6;
    private const int SequenceAt = 8;
    private const int LengthAt = 12;
    private const int SumAt = 16;

    /// <summary>Writes a message's header.</summary>
    /// <param name="header"><see cref="Size"/> bytes.</param>
    /// <param name="type">What the message is.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="payload">The payload.</param>
    public static void Write(Span<byte> header, MessageType type, uint sequence, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header[TypeAt..], (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[ReservedAt..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[SequenceAt..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(header[LengthAt..], (uint)payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[SumAt..], SumOf(header, payload));
    }

    /// <summary>Reads a header and checks what can be checked of it alone.</summary>
    /// <param name="header"><see cref="Size"/> bytes.</param>
    /// <param name="expected">The number that it must have.</param>
    /// <exception cref="ProtocolException">It is none, or not the next one.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> header, uint expected)
    {
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (magic != Magic)
            throw new ProtocolException($"what came begins with 0x{magic:x8}, which is no message of a migration");
        FrameHeader read = new(
            (MessageType)BinaryPrimitives.ReadUInt16LittleEndian(header[TypeAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[SequenceAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[LengthAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(header[SumAt..]));
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[ReservedAt..]) != 0)
            throw new ProtocolException("a message's header has something where 0 has to be: the stream is damaged");
        if (read.Sequence != expected)
            throw new ProtocolException($"message {read.Sequence} came where {expected} was due: the stream is damaged");
        return read;
    }

    /// <summary>Checks a payload against its header.</summary>
    /// <exception cref="ProtocolException">They do not belong together.</exception>
    public void Check(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (SumOf(header, payload) != Sum)
            throw new ProtocolException($"the checksum of message {Sequence} ({Type}) is wrong: the stream is damaged");
    }

    private static ulong SumOf(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload) =>
        XxHash3.HashToUInt64(payload, unchecked((long)XxHash3.HashToUInt64(header[..SumAt])));
}
