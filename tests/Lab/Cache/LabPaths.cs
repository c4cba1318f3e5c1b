using System.Security.Cryptography;
using System.Text;

namespace Vmm.Lab.Cache;

/// <summary>Where the lab keeps things. One lab belongs to one checkout; a second one beside it has a name, VMM_LAB_NAME.</summary>
public static class LabPaths
{
    private static readonly string s_suffix = Environment.GetEnvironmentVariable("VMM_LAB_NAME") is { Length: > 0 } name ? "-" + name : "";

    /// <summary>The checkout's root: VMM_CHECKOUT, or the folder with Vmm.sln above the program or the current folder.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>Kernels and images, kept between runs: VMM_CACHE, or ~/.cache/vmm. Nothing in it changes once it has its name.</summary>
    public static string Cache { get; } = Path.GetFullPath(Environment.GetEnvironmentVariable("VMM_CACHE") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "vmm"));

    /// <summary>Logs of the lab and the work folder.</summary>
    public static string State { get; } = Path.Combine(Checkout, "out", "lab" + s_suffix);

    /// <summary>The one folder that is writable from both sides, under the same path.</summary>
    public static string Work { get; } = Path.Combine(State, "work");

    /// <summary>What L1's console printed, since its last start.</summary>
    public static string ConsoleLog { get; } = Path.Combine(State, "console.log");

    /// <summary>Sockets and locks. In /tmp because a socket's path may have 107 bytes only.</summary>
    public static string Runtime { get; } = Path.Combine("/tmp", $"vmm-lab-{Environment.UserName}-{Hash(Checkout)[..12]}{s_suffix}");

    /// <summary>The keeper's socket.</summary>
    public static string KeeperSocket => Path.Combine(Runtime, "keeper.sock");

    /// <summary>A short name for content.</summary>
    public static string Hash(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..16];

    /// <summary>Makes the folders; the runtime folder is for this user alone.</summary>
    public static void Create()
    {
        Directory.CreateDirectory(Cache);
        Directory.CreateDirectory(Work);
        Directory.CreateDirectory(Runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string FindCheckout()
    {
        if (Environment.GetEnvironmentVariable("VMM_CHECKOUT") is { Length: > 0 } given)
            return Path.GetFullPath(given);
        foreach (var start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Vmm.sln")))
                    return folder.FullName;
            }
        }
        throw new LabException("cannot find the checkout (no Vmm.sln above the program or the current folder); set VMM_CHECKOUT");
    }
}
