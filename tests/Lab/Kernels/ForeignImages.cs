using System.IO.Compression;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Kernels;

/// <summary>Kernels that are not Linux and were not written here, from Debian's packages; unpacked where they come compressed.</summary>
public static class ForeignImages
{
    /// <summary>GNU Mach: an ELF32 with a Multiboot header.</summary>
    public static Task<string> GnuMachAsync() => UnzippedAsync("gnumach-image-1.8-486", "boot/gnumach-1.8-486.gz");

    /// <summary>Xen: an ELF32 with a Multiboot header.</summary>
    public static Task<string> XenAsync() => UnzippedAsync("xen-hypervisor-4.17-amd64", "boot/xen-4.17-amd64.gz");

    /// <summary>memtest86+: it looks like a bzImage; "x64" or "ia32".</summary>
    public static Task<string> MemtestAsync(string width) => PlainAsync("memtest86+", $"boot/memtest86+{width}.bin");

    /// <summary>GRUB for Xen's PVH guests: an ELF32 with the Xen note.</summary>
    public static Task<string> GrubPvhAsync() => PlainAsync("grub-xen-host", "usr/lib/grub-xen/grub-i386-xen_pvh.bin");

    /// <summary>GRUB Invaders: a game as a Multiboot kernel, its addresses in the header.</summary>
    public static Task<string> InvadersAsync() => PlainAsync("grub-invaders", "boot/invaders.exec");

    private static async Task<string> PlainAsync(string package, string path) => Path.Combine(await DebianPackage.GetAsync(package), path);

    private static async Task<string> UnzippedAsync(string package, string path)
    {
        var archive = await PlainAsync(package, path);
        var folder = await BuildCache.EnsureAsync($"foreign/{package}", async made =>
        {
            await using var source = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
            await using var image = File.Create(Path.Combine(made, "kernel"));
            await source.CopyToAsync(image);
        });
        return Path.Combine(folder, "kernel");
    }
}
