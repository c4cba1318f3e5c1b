using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>The part that all ways of starting Linux share: zero page, command line, descriptor table, page tables.</summary>
internal static class LinuxStart
{
    /// <summary>How much the page tables for the 64-bit entry map: everything that the boot protocol may use.</summary>
    private const int MappedGibibytes = 4;

    /// <summary>Enters at the 64-bit entry with RSI at the zero page (boot.rst, 64-bit boot protocol).</summary>
    public static BootPlan Enter64(LoadMap map, BootRequest request, ZeroPage page, KernelCommandLine commandLine, ulong entry)
    {
        BootBlock block = WriteBlock(map, request, page, commandLine, out GuestAddress zeroPage);
        DescriptorTable gdt = CpuStart.WriteGdt(map.Memory, block.Take(CpuStart.GdtSize), long64: true);
        GuestAddress tables = map.PlaceLow(request.Kernel.Name, "page tables", PageTables.SizeFor(MappedGibibytes));
        PageTables.WriteIdentity(map.Memory, tables, MappedGibibytes);
        CpuState cpu = CpuStart.Long64(gdt, tables, new GeneralRegisters { Rip = entry, Rsi = zeroPage.Value });
        return new BootPlan(BootProtocol.Linux64, cpu, new GuestAddress(entry), map.Ranges);
    }

    /// <summary>Enters at code32_start with ESI at the zero page (boot.rst, 32-bit boot protocol).</summary>
    public static BootPlan Enter32(LoadMap map, BootRequest request, ZeroPage page, KernelCommandLine commandLine, ulong entry)
    {
        BootBlock block = WriteBlock(map, request, page, commandLine, out GuestAddress zeroPage);
        DescriptorTable gdt = CpuStart.WriteGdt(map.Memory, block.Take(CpuStart.GdtSize), long64: false);
        CpuState cpu = CpuStart.Protected32(gdt, new GeneralRegisters { Rip = entry, Rsi = zeroPage.Value });
        return new BootPlan(BootProtocol.Linux32, cpu, new GuestAddress(entry), map.Ranges);
    }

    /// <summary>Refuses what these protocols have no place for.</summary>
    public static void RefuseModules(BootRequest request)
    {
        if (request.Modules.Count > 0)
            throw new BootException(request.Modules[0].Source.Name, "modules are for PVH and Multiboot kernels; this kernel is started with the Linux boot protocol, which knows only an initrd");
    }

    private static BootBlock WriteBlock(LoadMap map, BootRequest request, ZeroPage page, KernelCommandLine commandLine, out GuestAddress zeroPage)
    {
        const ulong alignmentSlack = 16;
        var block = new BootBlock(map, request.Kernel.Name, "zero page", SetupHeader.ZeroPageSize + commandLine.Size + CpuStart.GdtSize + alignmentSlack);
        zeroPage = block.Take(SetupHeader.ZeroPageSize);
        page.SetCommandLine(block.Put(commandLine));
        page.SetMemoryMap(E820Map.Build(map.Memory, request.HasEcam));
        if (request.Rsdp is { } rsdp)
            page.SetRsdp(rsdp);
        page.Write(map.Memory, zeroPage);
        return block;
    }
}
