using Vmm.Guest.Memory;
using static Vmm.Guest.Boot.SetupHeader;

namespace Vmm.Guest.Boot;

/// <summary>Loads a Linux bzImage (boot.rst): the protected-mode part goes to its preferred address, the setup header to the zero page.</summary>
internal static class BzImageLoader
{
    /// <summary>Which entry the image offers best.</summary>
    public static BootProtocol BestProtocol(in LinuxSetup setup)
    {
        if (setup.Has64BitEntry)
            return BootProtocol.Linux64;
        return setup.ProtectedStart != 0 ? BootProtocol.Linux32 : BootProtocol.Linux16;
    }

    /// <summary>Loads the kernel and the initrd for one of the Linux protocols.</summary>
    public static BootPlan Load(ImageReader reader, in LinuxSetup setup, BootProtocol protocol, BootRequest request, LoadMap map)
    {
        LinuxStart.RefuseModules(request);
        if (!setup.IsLoadedHigh)
            throw reader.Fault($"setup header: loadflags 0x{setup.Head[LoadFlags]:x} lacks LOADED_HIGH; a zImage cannot be started, a bzImage can");
        if (protocol == BootProtocol.Linux64 && !setup.Has64BitEntry)
            throw reader.Fault($"setup header: version {setup.ProtocolVersion >> 8}.{setup.ProtocolVersion & 0xFF} without XLF_KERNEL_64 has no 64-bit entry");
        if (protocol == BootProtocol.Linux32 && setup.ProtectedStart == 0)
            throw reader.Fault("setup header: code32_start is 0, so there is no 32-bit entry");

        KernelCommandLine commandLine = KernelCommandLine.Parse(request.CommandLine, setup.CommandLineLimit);
        if (protocol == BootProtocol.Linux16)
            return Linux16Loader.Load(reader, setup, commandLine, request, map);
        GuestAddress start = Place(reader, setup, map);
        reader.Load(map.Memory, start, setup.SetupSize, setup.PayloadSize, "kernel");

        var page = new ZeroPage(stackalloc byte[ZeroPageSize]);
        page.CopyHeader(setup.Head);
        page.SetCode32Start(start);
        if (request.Initrd is { } initrd)
            page.SetInitrd(LoadInitrd(setup, protocol, initrd, map), initrd.Length);
        return protocol == BootProtocol.Linux64
            ? LinuxStart.Enter64(map, request, page, commandLine, start.Value + Entry64Offset)
            : LinuxStart.Enter32(map, request, page, commandLine, start.Value);
    }

    /// <summary>
    /// The preferred address, or, for a relocatable kernel, the lowest free one above it. Lower would not help: a kernel
    /// loaded below its preferred address moves itself up to it (boot.rst, pref_address).
    /// </summary>
    private static GuestAddress Place(ImageReader reader, in LinuxSetup setup, LoadMap map)
    {
        ulong start = setup.PreferredStart == 0 ? MemoryLayout.HighMemoryStart : setup.PreferredStart;
        if (!map.Memory.Contains(new GuestAddress(start), setup.RuntimeSize))
            throw reader.Fault($"setup header: the kernel needs RAM from 0x{start:x} to 0x{unchecked(start + setup.RuntimeSize):x} (pref_address, init_size), but the guest has {map.DescribeRam()}");
        if (setup.IsRelocatable && setup.Alignment != 0)
            return map.PlaceLow(reader.Name, "kernel", setup.RuntimeSize, Math.Max(setup.Alignment, MemoryLayout.PageSize), start);
        map.Claim(reader.Name, "kernel", start, setup.RuntimeSize);
        return new GuestAddress(start);
    }

    private static GuestAddress LoadInitrd(in LinuxSetup setup, BootProtocol protocol, IImageSource initrd, LoadMap map)
    {
        ulong limit = setup.InitrdLimit;
        bool high = protocol == BootProtocol.Linux64 && setup.ReachesAbove4G;
        // Only what finds no room below the limit goes above 4 GiB: low is what kernels are tested with.
        if (high && !map.HasRoomBelow(initrd.Length, limit))
            limit = ulong.MaxValue;
        return ModuleLoader.LoadInitrd(map, initrd, limit);
    }
}
