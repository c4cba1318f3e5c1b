using System.Buffers.Binary;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Kernels;

/// <summary>
/// The compressed ELF inside a bzImage. The boot protocol says where it is, its first bytes say
/// how it was compressed. (Linux, Documentation/arch/x86/boot.rst: payload_offset, payload_length.)
/// </summary>
public static class BzImagePayload
{
    private const int SetupSectsAt = 0x1f1, HeaderMagicAt = 0x202, VersionAt = 0x206, PayloadOffsetAt = 0x248, PayloadLengthAt = 0x24c;
    private const int SectorSize = 512, DefaultSetupSects = 4, HeaderEnd = 0x250, FirstVersionWithPayload = 0x208;
    /// <summary>Every format but gzip is followed by the uncompressed size, which its tool would stumble over.</summary>
    private const int AppendedSize = 4;

    private static readonly (byte[] Magic, string Tool, string[] Options, int Appended)[] Formats =
    [
        ([0x02, 0x21, 0x4c, 0x18], "lz4", ["-dc"], AppendedSize),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz", ["-dc"], AppendedSize),
        ([0x28, 0xb5, 0x2f, 0xfd], "zstd", ["-dcq"], AppendedSize),
        ([0x1f, 0x8b], "gzip", ["-dcq"], 0),
    ];

    /// <summary>Writes the ELF to <paramref name="vmlinux"/>.</summary>
    public static async Task ExtractAsync(string bzImage, string vmlinux)
    {
        ReadOnlyMemory<byte> payload = Find(await File.ReadAllBytesAsync(bzImage), bzImage);
        var format = Formats.FirstOrDefault(candidate => payload.Span.StartsWith(candidate.Magic));
        if (format.Tool is null)
            throw new LabException($"{bzImage}: the payload starts with {Convert.ToHexStringLower(payload.Span[..4])}, which is no compression known here");
        await Tool.FilterAsync(format.Tool, format.Options, payload[..^format.Appended], vmlinux);

        var start = new byte[4];
        await using var elf = File.OpenRead(vmlinux);
        await elf.ReadExactlyAsync(start);
        if (!start.AsSpan().SequenceEqual("\u007fELF"u8))
            throw new LabException($"{bzImage}: what {format.Tool} found in it is not an ELF");
    }

    private static ReadOnlyMemory<byte> Find(byte[] image, string name)
    {
        var header = image.AsSpan();
        if (header.Length < HeaderEnd || !header[HeaderMagicAt..].StartsWith("HdrS"u8)
            || BinaryPrimitives.ReadUInt16LittleEndian(header[VersionAt..]) < FirstVersionWithPayload)
            throw new LabException($"{name} is not a bzImage of boot protocol 2.08 or later");
        var setupSectors = image[SetupSectsAt] == 0 ? DefaultSetupSects : image[SetupSectsAt];
        var offset = (setupSectors + 1L) * SectorSize + BinaryPrimitives.ReadUInt32LittleEndian(header[PayloadOffsetAt..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[PayloadLengthAt..]);
        if (offset > image.Length || length > image.Length - offset || length < 16)
            throw new LabException($"{name}: its payload (offset {offset}, {length} bytes) lies outside the file");
        return image.AsMemory((int)offset, (int)length);
    }
}
