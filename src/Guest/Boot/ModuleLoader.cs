using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Puts the initrd and the modules into guest RAM: each as high as possible, page-aligned, over nothing else.</summary>
internal static class ModuleLoader
{
    /// <summary>Loads one initrd that must end at or below <paramref name="limit"/>.</summary>
    public static GuestAddress LoadInitrd(LoadMap map, IImageSource source, ulong limit) => LoadOne(map, source, "initrd", limit);

    /// <summary>Loads the initrd, if any, and then the modules, all below the device hole: the protocols enter in 32-bit mode.</summary>
    public static IReadOnlyList<LoadedModule> LoadAll(LoadMap map, BootRequest request)
    {
        var loaded = new List<LoadedModule>(request.Modules.Count + 1);
        if (request.Initrd is { } initrd)
            loaded.Add(Load(map, new BootModule(initrd, ""), "initrd"));
        for (int i = 0; i < request.Modules.Count; i++)
            loaded.Add(Load(map, request.Modules[i], $"module {i}"));
        return loaded;
    }

    private static LoadedModule Load(LoadMap map, BootModule module, string name)
    {
        KernelCommandLine arguments = KernelCommandLine.Parse(module.Arguments, KernelCommandLine.GeneralLimit, $"arguments of {module.Source.Name}");
        GuestAddress start = LoadOne(map, module.Source, name, MemoryLayout.DeviceHoleStart);
        return new LoadedModule(start, module.Source.Length, arguments);
    }

    private static GuestAddress LoadOne(LoadMap map, IImageSource source, string name, ulong limit)
    {
        var reader = new ImageReader(source);
        if (reader.Length == 0)
            throw reader.Fault($"{name}: the file is empty");
        GuestAddress start = map.TryPlaceHigh(name, reader.Length, limit)
            ?? throw reader.Fault($"{name}: 0x{reader.Length:x} bytes find no room below 0x{limit:x} beside the kernel (RAM: {map.DescribeRam()})");
        reader.Load(map.Memory, start, 0, reader.Length, name);
        return start;
    }
}
