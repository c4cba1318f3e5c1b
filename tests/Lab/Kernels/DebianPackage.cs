using Vmm.Lab.Cache;

namespace Vmm.Lab.Kernels;

/// <summary>Packages from Debian, downloaded and unpacked into the cache, never installed.</summary>
public static class DebianPackage
{
    /// <summary>The folder with the package's files.</summary>
    public static Task<string> GetAsync(string package) => BuildCache.EnsureAsync($"packages/{package}", folder => UnpackAsync(package, folder));

    internal static async Task UnpackAsync(string package, string folder)
    {
        await Tool.RunAsync("apt-get", ["-o", "APT::Sandbox::User=root", "-q", "download", package], folder);
        var archive = Directory.GetFiles(folder, "*.deb").Single();
        await Tool.RunAsync("dpkg-deb", ["-x", archive, folder]);
        File.Delete(archive);
    }
}
