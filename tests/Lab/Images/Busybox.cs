using Vmm.Lab.Kernels;

namespace Vmm.Lab.Images;

/// <summary>The static busybox every initramfs here is made of, and the modules beside it.</summary>
internal static class Busybox
{
    /// <summary>Debian's busybox-static.</summary>
    public static string Path => System.IO.Path.Exists("/usr/bin/busybox") ? "/usr/bin/busybox"
        : System.IO.Path.Exists("/bin/busybox") ? "/bin/busybox"
        : throw new LabException("no busybox; run tests/Lab/install.sh once");

    /// <summary>
    /// Puts modules into /modules and their order into /modules/order, one file name a line; those for a type of virtio
    /// device, which are loaded when there is one, into /modules/order.TYPE.
    /// </summary>
    public static async Task AddModulesAsync(
        CpioArchive cpio, Kernel kernel, IEnumerable<string> names, IReadOnlyDictionary<int, string>? byDevice = null)
    {
        var modules = new ModuleSet(kernel);
        var added = new HashSet<string>();
        var always = await AddAsync("order", modules.LoadOrder(names));
        foreach (var (type, module) in byDevice ?? new Dictionary<int, string>())
            await AddAsync($"order.{type}", modules.LoadOrder([module]).Except(always));

        async Task<IReadOnlyList<string>> AddAsync(string list, IEnumerable<string> files)
        {
            var order = files.ToList();
            foreach (var file in order.Where(added.Add))
                cpio.AddFile($"modules/{ModuleSet.NameOf(file)}.ko", await ModuleSet.ReadAsync(file));
            cpio.AddText($"modules/{list}", string.Concat(order.Select(file => ModuleSet.NameOf(file) + ".ko\n")));
            return order;
        }
    }
}
