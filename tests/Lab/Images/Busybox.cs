using System.Text;
using Vmm.Lab.Kernels;

namespace Vmm.Lab.Images;

/// <summary>The static busybox every initramfs here is made of, and the modules beside it.</summary>
internal static class Busybox
{
    /// <summary>Debian's busybox-static.</summary>
    public static string Path => System.IO.Path.Exists("/usr/bin/busybox") ? "/usr/bin/busybox"
        : System.IO.Path.Exists("/bin/busybox") ? "/bin/busybox"
        : throw new LabException("no busybox; run tests/Lab/install.sh once");

    /// <summary>Puts the modules into /modules and their order into /modules/order, one file name a line.</summary>
    public static async Task AddModulesAsync(CpioArchive cpio, Kernel kernel, IEnumerable<string> names)
    {
        var order = new StringBuilder();
        foreach (var file in new ModuleSet(kernel).LoadOrder(names))
        {
            var name = ModuleSet.NameOf(file) + ".ko";
            cpio.AddFile("modules/" + name, await ModuleSet.ReadAsync(file));
            order.Append(name).Append('\n');
        }
        cpio.AddText("modules/order", order.ToString());
    }
}
