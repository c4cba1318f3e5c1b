using System.Buffers.Binary;

namespace Vmm.Snapshot.Memory;

/// <summary>What was written into a memory file.</summary>
/// <param name="Sums">A sum for each chunk, see <see cref="MemoryChunks"/>.</param>
/// <param name="WrittenBytes">What takes room in the file; the rest are holes.</param>
internal sealed record MemoryFileSums(ulong[] Sums, ulong WrittenBytes)
{
    /// <summary>The sums, little-endian, one after the other.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Sums.Length * sizeof(ulong)];
        for (int i = 0; i < Sums.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), Sums[i]);
        return bytes;
    }
}
