using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Puts the initrd and the modules into guest RAM, page-aligned and over nothing else.</summary>
internal static class ModuleLoader
{
    /// <summary>Loads one initrd as high as possible, ending at or below <paramref name="limit"/>.</summary>
    public static GuestAddress LoadInitrd(LoadMap map, IImageSource source, ulong limit)
    {
        ImageReader reader = Check(source, "initrd");
        GuestAddress start = map.TryPlaceHigh("initrd", reader.Length, limit) ?? throw NoRoom(map, reader, "initrd", limit);
        reader.Load(map.Memory, start, 0, reader.Length, "initrd");
        return start;
    }

    /// <summary>Loads the initrd, if any, then the modules, each as high as possible below the device hole (PVH is entered in 32-bit mode).</summary>
    public static IReadOnlyList<LoadedModule> LoadHigh(LoadMap map, BootRequest request) =>
        LoadAll(request, (module, name) =>
        {
            ImageReader reader = Check(module.Source, name);
            GuestAddress start = map.TryPlaceHigh(name, reader.Length, MemoryLayout.DeviceHoleStart)
                ?? throw NoRoom(map, reader, name, MemoryLayout.DeviceHoleStart);
            reader.Load(map.Memory, start, 0, reader.Length, name);
            return new LoadedModule(start, reader.Length, Parse(module, module.Arguments));
        });

    /// <summary>
    /// Loads the initrd, if any, then the modules, one after another above the kernel: where Multiboot loaders put them, and
    /// where kernels that map only their first few MiB can reach them. Their strings begin with the file's name, likewise.
    /// </summary>
    public static IReadOnlyList<LoadedModule> LoadAbove(LoadMap map, BootRequest request)
    {
        ulong from = MemoryLayout.HighMemoryStart;
        foreach (LoadedRange range in map.Ranges)
            from = Math.Max(from, range.Start.Value + range.Size);
        return LoadAll(request, (module, name) =>
        {
            ImageReader reader = Check(module.Source, name);
            if (!map.HasRoomBelow(reader.Length, MemoryLayout.DeviceHoleStart))
                throw NoRoom(map, reader, name, MemoryLayout.DeviceHoleStart);
            GuestAddress start = map.PlaceLow(reader.Name, name, reader.Length, MemoryLayout.PageSize, from);
            reader.Load(map.Memory, start, 0, reader.Length, name);
            string file = Path.GetFileName(reader.Name);
            return new LoadedModule(start, reader.Length, Parse(module, module.Arguments.Length == 0 ? file : $"{file} {module.Arguments}"));
        });
    }

    private static List<LoadedModule> LoadAll(BootRequest request, Func<BootModule, string, LoadedModule> load)
    {
        var loaded = new List<LoadedModule>(request.Modules.Count + 1);
        if (request.Initrd is { } initrd)
            loaded.Add(load(new BootModule(initrd, ""), "initrd"));
        for (int i = 0; i < request.Modules.Count; i++)
            loaded.Add(load(request.Modules[i], $"module {i}"));
        return loaded;
    }

    private static ImageReader Check(IImageSource source, string name)
    {
        var reader = new ImageReader(source);
        return reader.Length == 0 ? throw reader.Fault($"{name}: the file is empty") : reader;
    }

    private static KernelCommandLine Parse(BootModule module, string arguments) =>
        KernelCommandLine.Parse(arguments, KernelCommandLine.GeneralLimit, $"arguments of {module.Source.Name}");

    private static BootException NoRoom(LoadMap map, ImageReader reader, string name, ulong limit) =>
        reader.Fault($"{name}: 0x{reader.Length:x} bytes find no room below 0x{limit:x} beside the kernel (RAM: {map.DescribeRam()})");
}
