using Vmm.Lab.Cache;
using Vmm.Lab.Images;

namespace Vmm.Tests.Linux.Guests;

/// <summary>A disk image in the folder that this host and the lab share.</summary>
public sealed class GuestDisk : IDisposable
{
    private GuestDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>64 MiB of ext4 with /hello.txt.</summary>
    public static async Task<GuestDisk> HelloAsync() => new(await DiskImage.HelloAsync(NewPath()));

    /// <summary>Nothing but zeroes.</summary>
    public static GuestDisk Blank(int sizeMiB)
    {
        var path = NewPath();
        using (var file = File.Create(path))
            file.SetLength(sizeMiB * 1024L * 1024);
        return new GuestDisk(path);
    }

    /// <summary>A file of the ext4 on it, read without mounting: e2fsprogs' debugfs.</summary>
    public Task<string> ReadFileAsync(string path) => Tool.RunAsync("debugfs", ["-R", $"cat {path}", Path]);

    /// <summary>The SHA-256 of a file on it, as sha256sum writes it.</summary>
    public async Task<string> Sha256Async(string path)
    {
        var copy = Path + ".file";
        await Tool.RunAsync("debugfs", ["-R", $"dump {path} {copy}", Path]);
        try
        {
            return (await Tool.RunAsync("sha256sum", [copy]))[..64];
        }
        finally
        {
            File.Delete(copy);
        }
    }

    /// <summary>Fails when the ext4 on it is not as a clean unmount leaves it.</summary>
    public Task CheckAsync() => Tool.RunAsync("e2fsck", ["-fn", Path]);

    public void Dispose() => File.Delete(Path);

    private static string NewPath() => System.IO.Path.Combine(
        Directory.CreateDirectory(LabPaths.Work).FullName, $"guest-{Environment.ProcessId}-{Guid.NewGuid():n}.img");
}
