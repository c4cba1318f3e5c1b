using System.Buffers.Binary;

namespace Vmm.Migration.Transport.Single;

/// <summary>
/// What stands before each piece on a connection that carries several, little-endian:
/// <code>
///  0  u32  lane: 0 for the first that the source made, then 1
///  4  u32  bytes that follow; 0: nothing more is said on that lane this way
/// </code>
/// </summary>
/// <param name="Lane">Which.</param>
/// <param name="Length">How many.</param>
internal readonly record struct LaneHeader(uint Lane, uint Length)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 8;

    /// <summary>The most bytes of a piece.</summary>
    public const int LargestPiece = 64 << 10;

    private const int LengthAt = 4;

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Lane);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[LengthAt..], Length);
    }

    /// <summary>Reads it.</summary>
    public static LaneHeader Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthAt..]));
}
