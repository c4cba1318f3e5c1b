using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;
using static Vmm.Guest.Boot.MultibootConstants;

namespace Vmm.Guest.Boot;

/// <summary>Loads a Multiboot 1 kernel (Multiboot 0.6.96): ELF of either class, or any format whose header gives addresses.</summary>
/// <remarks>
/// ELF64 is taken as GRUB takes it: the processor is still entered in 32-bit mode. A wish for a video mode is passed over,
/// as the machine has no display.
/// </remarks>
internal static class MultibootLoader
{
    /// <summary>Loads the kernel, its modules and the information structure.</summary>
    public static BootPlan Load(ImageReader reader, in MultibootHeader header, bool isElf, BootRequest request, LoadMap map)
    {
        uint unknown = header.Flags & RequirementMask & ~KnownRequirements;
        if (unknown != 0)
            throw reader.Fault($"Multiboot header: flags 0x{header.Flags:x} ask for features 0x{unknown:x}, which are not known");
        // Before the image, which may lie over it.
        BiosDataArea.Write(map.Memory);
        ulong entry = header.HasAddresses || !isElf ? LoadByAddresses(reader, header, request, map) : LoadElf(reader, request, map);
        IReadOnlyList<LoadedModule> modules = ModuleLoader.LoadAbove(map, request);
        string name = Path.GetFileName(reader.Name);
        string line = request.CommandLine.Length == 0 ? name : $"{name} {request.CommandLine}";
        KernelCommandLine commandLine = KernelCommandLine.Parse(line, KernelCommandLine.GeneralLimit);
        GuestAddress info = MultibootInfo.Write(map, reader.Name, commandLine, modules, request.HasEcam, out BootBlock block);
        DescriptorTable gdt = CpuStart.WriteGdt(map.Memory, block.Take(CpuStart.GdtSize), long64: false);
        CpuState cpu = CpuStart.Protected32(gdt, new GeneralRegisters { Rip = entry, Rax = LoaderMagic, Rbx = info.Value });
        return new BootPlan(BootProtocol.Multiboot, cpu, new GuestAddress(entry), map.Ranges);
    }

    private static ulong LoadElf(ImageReader reader, BootRequest request, LoadMap map)
    {
        ElfImage elf = ElfImage.Parse(reader);
        ulong entry = elf.ResolveEntry("ELF header: e_entry");
        if (entry > uint.MaxValue)
            throw reader.Fault($"ELF header: e_entry 0x{entry:x} is beyond 4 GiB, but it is entered in 32-bit mode");
        elf.Load(map, request.RamIsZero);
        return entry;
    }

    /// <summary>3.1.2: the address fields say which part of the file goes where.</summary>
    private static ulong LoadByAddresses(ImageReader reader, in MultibootHeader header, BootRequest request, LoadMap map)
    {
        if (!header.HasAddresses)
            throw reader.Fault($"Multiboot header: flags 0x{header.Flags:x} have no address fields (bit 16), and the file is no ELF");
        if (header.LoadAddress > header.HeaderAddress || header.HeaderAddress - header.LoadAddress > (uint)header.Offset)
            throw reader.Fault($"Multiboot header: load_addr 0x{header.LoadAddress:x} and header_addr 0x{header.HeaderAddress:x} do not fit a header at file offset 0x{header.Offset:x}");
        ulong fileStart = (uint)header.Offset - (header.HeaderAddress - header.LoadAddress);
        ulong fileSize = reader.Length - fileStart;
        if (header.LoadEnd != 0)
        {
            if (header.LoadEnd <= header.LoadAddress)
                throw reader.Fault($"Multiboot header: load_end_addr 0x{header.LoadEnd:x} is not above load_addr 0x{header.LoadAddress:x}");
            ulong wanted = header.LoadEnd - header.LoadAddress;
            if (wanted > fileSize)
                throw reader.Fault($"Multiboot header: load_end_addr 0x{header.LoadEnd:x} means 0x{wanted:x} bytes, but the file has only 0x{fileSize:x} from offset 0x{fileStart:x}");
            fileSize = wanted;
        }
        ulong loadEnd = header.LoadAddress + fileSize;
        if (header.BssEnd != 0 && header.BssEnd < loadEnd)
            throw reader.Fault($"Multiboot header: bss_end_addr 0x{header.BssEnd:x} is below the end of what is loaded, 0x{loadEnd:x}");
        ulong end = header.BssEnd == 0 ? loadEnd : header.BssEnd;
        map.Claim(reader.Name, "Multiboot header: kernel", header.LoadAddress, end - header.LoadAddress);
        if (header.Entry < header.LoadAddress || header.Entry >= end)
            throw reader.Fault($"Multiboot header: entry_addr 0x{header.Entry:x} is outside what is loaded (0x{header.LoadAddress:x}–0x{end - 1:x})");
        reader.Load(map.Memory, new GuestAddress(header.LoadAddress), fileStart, fileSize, "kernel");
        if (!request.RamIsZero)
            map.Memory.TryClear(new GuestAddress(loadEnd), end - loadEnd);
        return header.Entry;
    }
}
