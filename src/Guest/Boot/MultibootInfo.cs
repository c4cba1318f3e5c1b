using System.Buffers.Binary;
using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;
using static Vmm.Guest.Boot.MultibootConstants;

namespace Vmm.Guest.Boot;

/// <summary>Writes what EBX points at when a Multiboot kernel starts (Multiboot 0.6.96, 3.3).</summary>
internal static class MultibootInfo
{
    private const string LoaderName = "vmm";
    private const int KibibyteShift = 10;

    /// <summary>Writes the structure with all it points to.</summary>
    /// <param name="map">Account of guest RAM.</param>
    /// <param name="image">The kernel's name, for messages.</param>
    /// <param name="commandLine">First word: the kernel's name, as Multiboot kernels expect from other loaders.</param>
    /// <param name="modules">What was loaded beside the kernel.</param>
    /// <param name="hasEcam">Whether the memory map lists the ECAM window.</param>
    /// <param name="block">Where it was written; <see cref="CpuStart.GdtSize"/> bytes are left in it.</param>
    public static GuestAddress Write(
        LoadMap map, string image, KernelCommandLine commandLine, IReadOnlyList<LoadedModule> modules, bool hasEcam, out BootBlock block)
    {
        IReadOnlyList<E820Entry> memoryMap = E820Map.Build(map.Memory, hasEcam);
        KernelCommandLine loaderName = KernelCommandLine.Parse(LoaderName, KernelCommandLine.GeneralLimit);
        ulong size = InfoSize + (ulong)(memoryMap.Count * MemoryMapEntrySize) + (ulong)(modules.Count * ModuleSize) + commandLine.Size + loaderName.Size;
        foreach (LoadedModule module in modules)
            size += module.Arguments.Size;
        const ulong alignmentSlack = 64;
        block = new BootBlock(map, image, "Multiboot information", size + CpuStart.GdtSize + alignmentSlack);

        GuestAddress address = block.Take(InfoSize);
        Span<byte> info = stackalloc byte[InfoSize];
        info.Clear();
        Set(info, FlagsAt, InfoMemory | InfoCommandLine | InfoModules | InfoMemoryMap | InfoLoaderName);
        Set(info, MemoryLowerAt, MemoryLayout.EbdaStart >> KibibyteShift);
        Set(info, MemoryUpperAt, (map.LowRamEnd - MemoryLayout.HighMemoryStart) >> KibibyteShift);
        Set(info, MemoryMapLengthAt, (ulong)(memoryMap.Count * MemoryMapEntrySize));
        Set(info, MemoryMapAt, WriteMemoryMap(block, memoryMap).Value);
        Set(info, ModuleCountAt, (ulong)modules.Count);
        Set(info, ModuleListAt, WriteModules(block, modules).Value);
        Set(info, LoaderNameAt, block.Put(loaderName).Value);
        Set(info, CommandLineAt, block.Put(commandLine).Value);
        map.Memory.TryWrite(address, info);
        return address;
    }

    private static GuestAddress WriteMemoryMap(BootBlock block, IReadOnlyList<E820Entry> memoryMap)
    {
        GuestAddress start = block.Take((ulong)(memoryMap.Count * MemoryMapEntrySize));
        Span<byte> entry = stackalloc byte[MemoryMapEntrySize];
        for (int i = 0; i < memoryMap.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entry, MemoryMapEntryPayload);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], memoryMap[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[12..], memoryMap[i].Size);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], (uint)memoryMap[i].Type);
            block.Memory.TryWrite(start + (ulong)(i * MemoryMapEntrySize), entry);
        }
        return start;
    }

    private static GuestAddress WriteModules(BootBlock block, IReadOnlyList<LoadedModule> modules)
    {
        GuestAddress start = block.Take((ulong)(modules.Count * ModuleSize));
        Span<byte> entry = stackalloc byte[ModuleSize];
        entry.Clear();
        for (int i = 0; i < modules.Count; i++)
        {
            Set(entry, 0, modules[i].Start.Value);
            Set(entry, 4, modules[i].Start.Value + modules[i].Size);
            Set(entry, 8, block.Put(modules[i].Arguments).Value);
            block.Memory.TryWrite(start + (ulong)(i * ModuleSize), entry);
        }
        return start;
    }

    /// <summary>Everything a 32-bit loader hands over lies below 4 GiB.</summary>
    private static void Set(Span<byte> structure, int at, ulong value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(structure[at..], checked((uint)value));
}
