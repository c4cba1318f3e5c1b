using Vmm.Lab.Cache;
using Vmm.Lab.Kernels;

namespace Vmm.Lab.Images;

/// <summary>The guests' initramfs files, cached by content. What they do is told by Scripts/guest-init.sh.</summary>
public static class GuestInitramfs
{
    private static readonly string[] DefaultModules =
        ["virtio_pci", "virtio_mmio", "virtio_blk", "virtio_console", "virtio_rng", "ext4", "crc32c_generic", "button", "evdev"];

    /// <summary>By virtio device type: drivers that would only cost a guest without such a device its time.</summary>
    private static readonly Dictionary<int, string> DeviceModules = new()
    {
        [1] = "virtio_net",
        [5] = "virtio_balloon",
        [19] = "vmw_vsock_virtio_transport",
    };

    /// <summary>
    /// busybox, and of <paramref name="kernel"/> the drivers of the virtio devices that are there, ext4 and
    /// <paramref name="moreModules"/>, loaded at start. <paramref name="files"/> are added (path without leading slash, text); /run.sh is run.
    /// </summary>
    public static async Task<string> ShellAsync(
        Kernel kernel, IReadOnlyDictionary<string, string>? files = null, params string[] moreModules)
    {
        files ??= new Dictionary<string, string>();
        var init = Resource.Text("guest-init.sh");
        var demo = Resource.Text("demo.sh");
        var key = LabPaths.Hash(string.Join('\n', [kernel.Release, init, demo, .. DeviceModules.Values, .. moreModules, .. files.Select(file => file.Key + '\0' + file.Value)]));
        return await CachedAsync($"shell-{kernel.Flavour.ToString().ToLowerInvariant()}-{key}", async () =>
        {
            var cpio = new CpioArchive();
            cpio.AddFile("bin/busybox", await File.ReadAllBytesAsync(Busybox.Path), executable: true);
            cpio.AddText("init", init, executable: true);
            cpio.AddText("demo.sh", demo, executable: true);
            cpio.AddCharacterDevice("dev/console", 5, 1);
            await Busybox.AddModulesAsync(cpio, kernel, DefaultModules.Concat(moreModules), DeviceModules);
            foreach (var (path, text) in files)
                cpio.AddText(path, text, executable: true);
            return cpio.Finish();
        });
    }

    /// <summary>/init is a 1 KiB program that writes to ports 0xe9 and 0xf4 (Guest/marker.c): for measuring boot time, with any kernel.</summary>
    public static async Task<string> MarkerAsync()
    {
        var program = await Resource.ProgramAsync("marker", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wl,--build-id=none");
        return await CachedAsync("marker-" + Path.GetFileName(Path.GetDirectoryName(program)), async () =>
        {
            var cpio = new CpioArchive();
            cpio.AddFile("init", await File.ReadAllBytesAsync(program), executable: true);
            cpio.AddCharacterDevice("dev/console", 5, 1);
            return cpio.Finish();
        });
    }

    private static async Task<string> CachedAsync(string name, Func<Task<byte[]>> build)
    {
        var folder = await BuildCache.EnsureAsync($"images/{name}", async made =>
            await File.WriteAllBytesAsync(Path.Combine(made, "initramfs.cpio"), await build()));
        return Path.Combine(folder, "initramfs.cpio");
    }
}
