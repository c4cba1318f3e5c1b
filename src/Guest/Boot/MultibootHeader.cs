using System.Buffers.Binary;
using static Vmm.Guest.Boot.MultibootConstants;

namespace Vmm.Guest.Boot;

/// <summary>A Multiboot 1 header as found in an image.</summary>
/// <param name="Offset">Where in the file.</param>
/// <param name="Flags">Requirements and form.</param>
/// <param name="HeaderAddress">header_addr; this and what follows only with <see cref="HasAddresses"/>.</param>
/// <param name="LoadAddress">load_addr.</param>
/// <param name="LoadEnd">load_end_addr; 0 means to the end of the file.</param>
/// <param name="BssEnd">bss_end_addr; 0 means none.</param>
/// <param name="Entry">entry_addr.</param>
internal readonly record struct MultibootHeader(
    int Offset, uint Flags, uint HeaderAddress, uint LoadAddress, uint LoadEnd, uint BssEnd, uint Entry)
{
    /// <summary>Whether the header itself says where to load (the form for anything that is not ELF).</summary>
    public bool HasAddresses => (Flags & FlagAddresses) != 0;

    /// <summary>Looks for a header with a right checksum.</summary>
    /// <param name="head">The first bytes of the image.</param>
    public static MultibootHeader? Find(ReadOnlySpan<byte> head)
    {
        head = head[..Math.Min(head.Length, SearchLength)];
        for (int at = 0; at <= head.Length - HeaderSize; at += sizeof(uint))
        {
            ReadOnlySpan<byte> header = head[at..];
            if (U32(header, 0) != HeaderMagic || unchecked(HeaderMagic + U32(header, 4) + U32(header, 8)) != 0)
                continue;
            uint flags = U32(header, 4);
            if ((flags & FlagAddresses) == 0)
                return new MultibootHeader(at, flags, 0, 0, 0, 0, 0);
            if (header.Length >= HeaderWithAddressesSize)
                return new MultibootHeader(at, flags, U32(header, 12), U32(header, 16), U32(header, 20), U32(header, 24), U32(header, 28));
        }
        return null;
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
