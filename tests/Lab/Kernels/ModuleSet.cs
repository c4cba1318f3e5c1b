using Vmm.Lab.Cache;

namespace Vmm.Lab.Kernels;

/// <summary>A kernel's modules and what each needs, read from depmod's tables.</summary>
public sealed class ModuleSet
{
    private readonly Dictionary<string, (string Path, string[] Needs)> _modules = [];
    private readonly HashSet<string> _builtin = [];
    private readonly string _folder;

    public ModuleSet(Kernel kernel)
    {
        _folder = kernel.Modules;
        foreach (var line in File.ReadLines(Path.Combine(_folder, "modules.dep")))
        {
            var (path, needs) = (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..]);
            _modules[NameOf(path)] = (path, needs.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }
        foreach (var line in File.ReadLines(Path.Combine(_folder, "modules.builtin")))
            _builtin.Add(NameOf(line));
    }

    /// <summary>The files to load for <paramref name="names"/>, each after those it needs. Built-in ones take no file; unknown ones are an error.</summary>
    public IReadOnlyList<string> LoadOrder(IEnumerable<string> names)
    {
        var order = new List<string>();
        foreach (var name in names)
        {
            if (_modules.TryGetValue(NameOf(name), out var module))
                Add(module.Path, order);
            else if (!_builtin.Contains(NameOf(name)))
                throw new LabException($"the kernel in {_folder} has no module {name}");
        }
        return order;
    }

    private void Add(string path, List<string> order)
    {
        var file = Path.Combine(_folder, path);
        if (order.Contains(file))
            return;
        foreach (var needed in _modules[NameOf(path)].Needs)
            Add(needed, order);
        order.Add(file);
    }

    /// <summary>The bytes of a module; newer Debian releases ship them compressed.</summary>
    public static async Task<byte[]> ReadAsync(string file)
    {
        if (file.EndsWith(".ko", StringComparison.Ordinal))
            return await File.ReadAllBytesAsync(file);
        var plain = Path.GetTempFileName();
        try
        {
            var tool = file.EndsWith(".xz", StringComparison.Ordinal) ? "xz" : "zstd";
            await Tool.FilterAsync(tool, ["-dc"], await File.ReadAllBytesAsync(file), plain);
            return await File.ReadAllBytesAsync(plain);
        }
        finally
        {
            File.Delete(plain);
        }
    }

    /// <summary>modprobe takes - and _ for the same, and so do we.</summary>
    public static string NameOf(string path)
    {
        var file = Path.GetFileName(path);
        var dot = file.IndexOf(".ko", StringComparison.Ordinal);
        return (dot < 0 ? file : file[..dot]).Replace('-', '_');
    }
}
