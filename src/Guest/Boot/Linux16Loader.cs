using System.Buffers.Binary;
using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;
using static Vmm.Guest.Boot.SetupHeader;

namespace Vmm.Guest.Boot;

/// <summary>
/// Starts a bzImage at its 16-bit setup code (boot.rst, "Running the kernel"), for images such as iPXE's .lkrn that have
/// no other entry. Such code calls the BIOS; without one it runs as far as it gets.
/// </summary>
internal static class Linux16Loader
{
    /// <summary>The segment of the setup code: the lowest 64 KiB boundary.</summary>
    private const ushort Segment = 0x1000;

    /// <summary>The setup code begins one sector after the boot sector.</summary>
    private const ushort EntrySegment = Segment + (SectorSize >> 4);

    /// <summary>End of the heap and top of the stack, relative to the segment.</summary>
    private const ushort HeapEnd = 0xE000;

    /// <summary>heap_end_ptr is counted from the end of the boot sector.</summary>
    private const ushort HeapEndPointerValue = HeapEnd - 0x200;

    /// <summary>Room from the segment on: code, heap and stack in 64 KiB, the command line behind.</summary>
    private const ulong SegmentSize = 0x1_0000;

    /// <summary>Loads both parts of the kernel, the initrd and the command line.</summary>
    public static BootPlan Load(ImageReader reader, in LinuxSetup setup, KernelCommandLine commandLine, BootRequest request, LoadMap map)
    {
        const ulong start = (ulong)Segment << 4;
        if (setup.SetupSize > HeapEnd)
            throw reader.Fault($"setup header: setup_sects {setup.Head[SetupSectors]} is more than the 16-bit protocol has room for");
        map.Claim(reader.Name, "setup code and command line", start, SegmentSize + commandLine.Size);
        map.Claim(reader.Name, "kernel", MemoryLayout.HighMemoryStart, setup.PayloadSize);
        reader.Load(map.Memory, new GuestAddress(start), 0, setup.SetupSize, "setup code");
        reader.Load(map.Memory, new GuestAddress(MemoryLayout.HighMemoryStart), setup.SetupSize, setup.PayloadSize, "kernel");
        commandLine.Write(map.Memory, new GuestAddress(start + SegmentSize));

        Span<byte> header = stackalloc byte[CommandLinePointer + sizeof(uint) - TypeOfLoader];
        setup.Head[TypeOfLoader..(CommandLinePointer + sizeof(uint))].CopyTo(header);
        header[0] = LoaderUndefined;
        header[LoadFlags - TypeOfLoader] |= CAN_USE_HEAP;
        BinaryPrimitives.WriteUInt16LittleEndian(header[(HeapEndPointer - TypeOfLoader)..], HeapEndPointerValue);
        BinaryPrimitives.WriteUInt32LittleEndian(header[(CommandLinePointer - TypeOfLoader)..], (uint)(start + SegmentSize));
        if (request.Initrd is { } initrd)
        {
            GuestAddress address = ModuleLoader.LoadInitrd(map, initrd, setup.InitrdLimit);
            BinaryPrimitives.WriteUInt32LittleEndian(header[(RamdiskImage - TypeOfLoader)..], (uint)address.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(header[(RamdiskSize - TypeOfLoader)..], (uint)initrd.Length);
        }
        map.Memory.TryWrite(new GuestAddress(start + TypeOfLoader), header);

        CpuState cpu = CpuStart.Real(Segment, new GeneralRegisters { Rsp = HeapEnd }) with { Cs = SegmentState.RealCode(EntrySegment) };
        return new BootPlan(BootProtocol.Linux16, cpu, new GuestAddress((ulong)EntrySegment << 4), map.Ranges);
    }
}
