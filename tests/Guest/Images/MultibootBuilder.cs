using System.Buffers.Binary;

namespace Vmm.Tests.Guest.Images;

/// <summary>Makes Multiboot 1 headers.</summary>
internal static class MultibootBuilder
{
    public static byte[] Header(uint flags, params uint[] addresses)
    {
        byte[] header = new byte[12 + (addresses.Length * 4)];
        uint[] words = [0x1BAD_B002, flags, unchecked(0U - 0x1BAD_B002 - flags), .. addresses];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(i * 4), words[i]);
        return header;
    }

    /// <summary>A file that is no ELF: some bytes, a header with addresses, code.</summary>
    public static byte[] Flat(uint headerAddress, uint load, uint loadEnd, uint bssEnd, uint entry, int before = 0x40, int after = 0x100)
    {
        byte[] header = Header(1 << 16, headerAddress, load, loadEnd, bssEnd, entry);
        byte[] file = new byte[before + header.Length + after];
        file.AsSpan().Fill(0x90);
        header.CopyTo(file, before);
        return file;
    }
}
