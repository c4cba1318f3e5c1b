using System.Buffers.Binary;

namespace Vmm.Guest.Boot;

/// <summary>
/// Recognises files that are certainly no flat binary, so that a slip is told and not executed. A flat binary can begin
/// with anything, so only signatures that make no sense as 16-bit code are listed.
/// </summary>
internal static class ForeignFormats
{
    private const int Arm64MagicAt = 0x38;

    private static ReadOnlySpan<byte> Arm64Magic => "ARM\x64"u8;

    /// <summary>What the file is and what to do, or null when nothing is known against it.</summary>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4)
            return null;
        return BinaryPrimitives.ReadUInt32BigEndian(head) switch
        {
            0x7F45_4C46 => null,
            _ when head[0] == 0x7F || head[1..4].SequenceEqual("ELF"u8) => "begins almost as an ELF does; the file is damaged",
            _ when head[0] == 0x1F && head[1] == 0x8B => "is compressed with gzip; unpack it first (gunzip)",
            0xFD37_7A58 => "is compressed with xz; unpack it first (unxz)",
            0x28B5_2FFD => "is compressed with zstd; unpack it first (unzstd)",
            0x0422_4D18 => "is compressed with LZ4; unpack it first (unlz4)",
            _ when head.StartsWith("BZh"u8) => "is compressed with bzip2; unpack it first (bunzip2)",
            _ when head.StartsWith((ReadOnlySpan<byte>)[0x51, 0x46, 0x49, 0xFB]) => "is a qcow2 disk image; give it as a disk",
            _ when head.StartsWith("#!"u8) => "is a script",
            _ when head.StartsWith("0707"u8) => "is a cpio archive; give it as the initrd",
            _ when head.StartsWith("!<ar"u8) => "is an archive (a Debian package?); unpack it first",
            _ when head.Length >= Arm64MagicAt + 4 && head.Slice(Arm64MagicAt, 4).SequenceEqual(Arm64Magic) => "is a kernel for ARM; this machine is an x86",
            _ when head.StartsWith("MZ"u8) => "is a Windows or EFI program without a Linux setup header; EFI is not offered",
            _ => null,
        };
    }
}
