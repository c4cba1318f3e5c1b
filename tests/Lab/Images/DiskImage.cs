using Vmm.Lab.Cache;

namespace Vmm.Lab.Images;

/// <summary>Raw ext4 images, sparse.</summary>
public static class DiskImage
{
    /// <summary>What /hello.txt says on the disk of <see cref="HelloAsync"/>.</summary>
    public const string HelloText = "Hello from the virtio disk.";

    private const long MiB = 1024 * 1024;

    /// <summary>Makes <paramref name="image"/> with <paramref name="folder"/>'s content.</summary>
    public static async Task CreateAsync(string image, long sizeMiB, string folder)
    {
        await using (var file = File.Create(image))
            file.SetLength(sizeMiB * MiB);
        await Tool.RunAsync("mkfs.ext4", ["-q", "-F", "-m", "0", "-d", folder, image]);
    }

    /// <summary>A fresh writable copy, at <paramref name="copy"/>, of a 64 MiB disk with /hello.txt.</summary>
    public static async Task<string> HelloAsync(string copy)
    {
        var master = await EnsureAsync("hello-1", 64, async folder =>
            await File.WriteAllTextAsync(Path.Combine(folder, "hello.txt"), HelloText + "\n"));
        await Tool.RunAsync("cp", ["--sparse=always", master, copy]);
        return copy;
    }

    /// <summary>
    /// A read-only disk with fio and its libraries. In the guest: <c>mount -o ro /dev/vdX /mnt; /mnt/fio …</c>.
    /// </summary>
    public static Task<string> FioAsync() => EnsureAsync("fio-1", 160, async folder =>
    {
        const string program = "/usr/bin/fio";
        if (!File.Exists(program))
            throw new LabException("no fio; run tests/Lab/install.sh once");
        var libraries = Directory.CreateDirectory(Path.Combine(folder, "lib")).FullName;
        File.Copy(program, Path.Combine(libraries, "fio.bin"));
        foreach (var line in (await Tool.RunAsync("ldd", [program])).Split('\n'))
        {
            var path = line.Split(' ', '\t').FirstOrDefault(word => word.StartsWith('/'));
            if (path is not null)
                File.Copy(path, Path.Combine(libraries, Path.GetFileName(path)), overwrite: true);
        }
        var script = Path.Combine(folder, "fio");
        await File.WriteAllTextAsync(script, """
            #!/bin/sh
            here=$(dirname "$0")/lib
            exec "$here/ld-linux-x86-64.so.2" --library-path "$here" "$here/fio.bin" "$@"

            """);
        File.SetUnixFileMode(script, (UnixFileMode)0x1ed);
    });

    private static async Task<string> EnsureAsync(string name, long sizeMiB, Func<string, Task> fill)
    {
        var made = await BuildCache.EnsureAsync($"images/{name}", async folder =>
        {
            var content = Directory.CreateDirectory(Path.Combine(folder, "content")).FullName;
            await fill(content);
            await CreateAsync(Path.Combine(folder, "disk.img"), sizeMiB, content);
            Directory.Delete(content, recursive: true);
        });
        return Path.Combine(made, "disk.img");
    }
}
