using System.Text;

namespace Vmm.Storage;

/// <summary>The serial number of a disk that was given none: the same for the same path, so that /dev/disk/by-id stays the same from run to run.</summary>
internal static class DiskIdentity
{
    // FNV-1a, 64 bits: a short name for a path, no secret.
    private const ulong FnvOffset = 0xCBF2_9CE4_8422_2325;
    private const ulong FnvPrime = 0x100_0000_01B3;

    /// <summary>Makes a serial number: <c>vmm-</c> and 16 hexadecimal digits.</summary>
    public static string FromPath(string path)
    {
        ulong hash = FnvOffset;
        foreach (byte unit in Encoding.UTF8.GetBytes(Path.GetFullPath(path)))
            hash = unchecked((hash ^ unit) * FnvPrime);
        return $"vmm-{hash:x16}";
    }
}
