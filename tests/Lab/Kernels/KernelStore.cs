using Vmm.Lab.Cache;

namespace Vmm.Lab.Kernels;

/// <summary>Fetches Debian's kernels with apt (downloaded and unpacked, never installed) and keeps them.</summary>
public static class KernelStore
{
    private const string Marker = "release";

    /// <summary>The kernel, from the cache or from Debian. Delete its folder in the cache to get a newer one.</summary>
    public static async Task<Kernel> GetAsync(KernelFlavour flavour)
    {
        var metapackage = Metapackage(flavour);
        var folder = await BuildCache.EnsureAsync($"kernels/{metapackage}", made => FetchAsync(metapackage, made));
        var release = (await File.ReadAllTextAsync(Path.Combine(folder, Marker))).Trim();
        return new Kernel(flavour, release, folder);
    }

    /// <summary>Whether <see cref="GetAsync"/> will be quick.</summary>
    public static bool IsCached(KernelFlavour flavour) => Directory.Exists(Path.Combine(LabPaths.Cache, "kernels", Metapackage(flavour)));

    private static string Metapackage(KernelFlavour flavour) => flavour == KernelFlavour.Cloud ? "linux-image-cloud-amd64" : "linux-image-amd64";

    private static async Task FetchAsync(string metapackage, string folder)
    {
        var package = await ResolveAsync(metapackage);
        await DebianPackage.UnpackAsync(package, folder);
        var release = Path.GetFileName(Directory.GetDirectories(Path.Combine(folder, "lib", "modules")).Single());
        await Tool.RunAsync("depmod", ["-b", folder, release]);
        await BzImagePayload.ExtractAsync(Path.Combine(folder, "boot", "vmlinuz-" + release), Path.Combine(folder, "vmlinux"));
        await File.WriteAllTextAsync(Path.Combine(folder, Marker), release);
    }

    /// <summary>The metapackage depends on the kernel package of the day.</summary>
    private static async Task<string> ResolveAsync(string metapackage)
    {
        var lines = (await Tool.RunAsync("apt-cache", ["depends", "--important", metapackage])).Split('\n', StringSplitOptions.TrimEntries);
        const string depends = "Depends: linux-image-";
        return lines.FirstOrDefault(line => line.StartsWith(depends, StringComparison.Ordinal))?["Depends: ".Length..]
            ?? throw new LabException($"apt knows no kernel for {metapackage}; run tests/Lab/install.sh once (it runs apt-get update)");
    }
}
