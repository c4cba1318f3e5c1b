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
    /// A read-only disk with Debian's programs for exercising devices, and their libraries. In the guest:
    /// <c>mount -o ro /dev/vdX /mnt; PATH=$PATH:/mnt; fio …</c>.
    /// </summary>
    public static Task<string> ToolsAsync() => EnsureAsync("tools-1", 320, async folder =>
    {
        string[] programs =
        [
            "/usr/bin/fio", "/usr/bin/iperf3", "/usr/bin/stress-ng", "/usr/bin/socat", "/usr/bin/curl", "/usr/sbin/ethtool", "/usr/sbin/qemu-ga",
        ];
        var libraries = Directory.CreateDirectory(Path.Combine(folder, "lib")).FullName;
        foreach (var program in programs)
            await AddProgramAsync(folder, libraries, program);
    });

    /// <summary>Adds a program that runs with its own libraries, wherever the disk is mounted.</summary>
    private static async Task AddProgramAsync(string folder, string libraries, string program)
    {
        if (!File.Exists(program))
            throw new LabException($"no {program}; run tests/Lab/install.sh once");
        var name = Path.GetFileName(program);
        File.Copy(program, Path.Combine(libraries, name + ".bin"));
        foreach (var line in (await Tool.RunAsync("ldd", [program])).Split('\n'))
        {
            var path = line.Split(' ', '\t').FirstOrDefault(word => word.StartsWith('/'));
            if (path is not null)
                File.Copy(path, Path.Combine(libraries, Path.GetFileName(path)), overwrite: true);
        }
        var script = Path.Combine(folder, name);
        await File.WriteAllTextAsync(script, $"""
            #!/bin/sh
            here=$(dirname "$0")/lib
            exec "$here/ld-linux-x86-64.so.2" --library-path "$here" "$here/{name}.bin" "$@"

            """);
        File.SetUnixFileMode(script, (UnixFileMode)0x1ed);
    }

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
