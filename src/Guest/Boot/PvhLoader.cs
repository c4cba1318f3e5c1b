using System.Runtime.CompilerServices;
using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Loads an ELF with the Xen PVH note and hands it a version 1 start info (Xen docs/misc/pvh.pandoc).</summary>
internal static class PvhLoader
{
    /// <summary>Loads the kernel, its modules and the start info.</summary>
    public static BootPlan Load(ElfImage elf, in XenNotes notes, BootRequest request, LoadMap map)
    {
        ulong entry = notes.PvhEntry
            ?? throw elf.Reader.Fault("PVH note: the file has none (an ELF note named \"Xen\" of type 18), so it cannot be started through PVH");
        int limit = notes.IsLinux ? KernelCommandLine.LinuxLimit : KernelCommandLine.GeneralLimit;
        KernelCommandLine commandLine = KernelCommandLine.Parse(request.CommandLine, limit);
        elf.Load(map, request.RamIsZero);
        elf.CheckEntry(entry, "PVH note");
        IReadOnlyList<LoadedModule> modules = ModuleLoader.LoadHigh(map, request);
        IReadOnlyList<E820Entry> memoryMap = E820Map.Build(map.Memory, request.HasEcam);

        var block = new BootBlock(map, elf.Reader.Name, "PVH start info", SizeOf(commandLine, modules, memoryMap));
        GuestAddress startInfo = Write(block, commandLine, modules, memoryMap, request.Rsdp);
        DescriptorTable gdt = CpuStart.WriteGdt(map.Memory, block.Take(CpuStart.GdtSize), long64: false);
        CpuState cpu = CpuStart.Protected32(gdt, new GeneralRegisters { Rip = entry, Rbx = startInfo.Value });
        return new BootPlan(BootProtocol.Pvh, cpu, new GuestAddress(entry), map.Ranges);
    }

    private static ulong SizeOf(KernelCommandLine commandLine, IReadOnlyList<LoadedModule> modules, IReadOnlyList<E820Entry> memoryMap)
    {
        ulong size = (ulong)Unsafe.SizeOf<HvmStartInfo>() + CpuStart.GdtSize + commandLine.Size;
        size += (ulong)(memoryMap.Count * Unsafe.SizeOf<HvmMemoryMapEntry>());
        foreach (LoadedModule module in modules)
            size += (ulong)Unsafe.SizeOf<HvmModule>() + module.Arguments.Size;
        const ulong alignmentSlack = 64;
        return size + alignmentSlack;
    }

    private static GuestAddress Write(
        BootBlock block, KernelCommandLine commandLine, IReadOnlyList<LoadedModule> modules, IReadOnlyList<E820Entry> memoryMap, GuestAddress? rsdp)
    {
        GuestAddress startInfo = block.Take((ulong)Unsafe.SizeOf<HvmStartInfo>());
        GuestAddress map = WriteMemoryMap(block, memoryMap);
        GuestAddress list = modules.Count == 0 ? GuestAddress.Zero : block.Take((ulong)(modules.Count * Unsafe.SizeOf<HvmModule>()));
        for (int i = 0; i < modules.Count; i++)
        {
            block.Write(list + (ulong)(i * Unsafe.SizeOf<HvmModule>()), new HvmModule
            {
                Address = modules[i].Start.Value,
                Size = modules[i].Size,
                CommandLineAddress = block.Put(modules[i].Arguments).Value,
            });
        }
        block.Write(startInfo, new HvmStartInfo
        {
            Magic = HvmStartInfo.MagicValue,
            Version = HvmStartInfo.Version1,
            ModuleCount = (uint)modules.Count,
            ModuleListAddress = list.Value,
            CommandLineAddress = block.Put(commandLine).Value,
            RsdpAddress = rsdp?.Value ?? 0,
            MemoryMapAddress = map.Value,
            MemoryMapEntries = (uint)memoryMap.Count,
        });
        return startInfo;
    }

    private static GuestAddress WriteMemoryMap(BootBlock block, IReadOnlyList<E820Entry> memoryMap)
    {
        int entrySize = Unsafe.SizeOf<HvmMemoryMapEntry>();
        GuestAddress map = block.Take((ulong)(memoryMap.Count * entrySize));
        for (int i = 0; i < memoryMap.Count; i++)
        {
            block.Write(map + (ulong)(i * entrySize), new HvmMemoryMapEntry
            {
                Address = memoryMap[i].Start,
                Size = memoryMap[i].Size,
                Type = (uint)memoryMap[i].Type,
            });
        }
        return map;
    }
}
