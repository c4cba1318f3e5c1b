using Vmm.Guest.Memory;

namespace Vmm.Guest.Cpu;

/// <summary>The states in which the machine starts a processor.</summary>
public static class CpuStart
{
    /// <summary>Selector of the kernel's code segment: __BOOT_CS of the Linux boot protocol.</summary>
    public const ushort CodeSelector = 0x10;

    /// <summary>Selector of the kernel's data segments: __BOOT_DS.</summary>
    public const ushort DataSelector = 0x18;

    /// <summary>Selector of the task register; its descriptor takes two slots in long mode.</summary>
    public const ushort TaskSelector = 0x20;

    /// <summary>Selector (without RPL) of user data.</summary>
    public const ushort UserDataSelector = 0x30;

    /// <summary>Selector (without RPL) of user code.</summary>
    public const ushort UserCodeSelector = 0x38;

    /// <summary>Bytes that <see cref="WriteGdt"/> writes.</summary>
    public const int GdtSize = UserCodeSelector + sizeof(ulong);

    private const ushort RealModeTableLimit = 0x3FF;
    private const uint RealModeTaskLimit = 0xFFFF;

    /// <summary>Protected mode without paging, flat 32-bit segments: where PVH, Multiboot and 32-bit Linux start.</summary>
    /// <param name="gdt">A table written by <see cref="WriteGdt"/>.</param>
    /// <param name="registers">EIP and whatever else the protocol passes.</param>
    public static CpuState Protected32(DescriptorTable gdt, in GeneralRegisters registers) => Flat(gdt, registers) with
    {
        Cs = SegmentState.Code32(CodeSelector),
        Cr0 = ControlRegisters.Cr0ProtectionEnable | ControlRegisters.Cr0ExtensionType,
    };

    /// <summary>Long mode at CPL 0, identity mapped: where 64-bit Linux starts.</summary>
    /// <param name="gdt">A table written by <see cref="WriteGdt"/>.</param>
    /// <param name="pageTables">The top-level table written by <see cref="PageTables"/>.</param>
    /// <param name="registers">RIP and whatever else the protocol passes.</param>
    public static CpuState Long64(DescriptorTable gdt, GuestAddress pageTables, in GeneralRegisters registers) => Flat(gdt, registers) with
    {
        Cs = SegmentState.Code64(CodeSelector),
        Cr0 = ControlRegisters.Cr0ProtectionEnable | ControlRegisters.Cr0ExtensionType | ControlRegisters.Cr0Paging,
        Cr3 = pageTables.Value,
        Cr4 = ControlRegisters.Cr4PhysicalAddressExtension,
        Efer = ControlRegisters.EferLongModeEnable | ControlRegisters.EferLongModeActive,
    };

    /// <summary>
    /// Long mode at CPL 3. The page tables must allow user access. RFLAGS.IOPL is 3, so that port I/O reaches the monitor.
    /// </summary>
    public static CpuState LongUser(DescriptorTable gdt, GuestAddress pageTables, in GeneralRegisters registers)
    {
        const ulong ioPrivilegeLevel3 = 3UL << 12; // SDM 1, figure 3-8
        SegmentState data = SegmentState.Data(UserDataSelector).ForUser();
        return Long64(gdt, pageTables, registers with { Rflags = registers.Rflags | ioPrivilegeLevel3 }) with
        {
            Cs = SegmentState.Code64(UserCodeSelector).ForUser(),
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
        };
    }

    /// <summary>Real mode at a segment and offset, all data segments equal to CS.</summary>
    public static CpuState Real(ushort segment, in GeneralRegisters registers)
    {
        SegmentState data = SegmentState.RealData(segment);
        return new CpuState
        {
            General = registers,
            Cs = SegmentState.RealCode(segment),
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
            Tr = SegmentState.Task(0) with { Limit = RealModeTaskLimit },
            Gdt = new DescriptorTable(0, ushort.MaxValue),
            Idt = new DescriptorTable(0, RealModeTableLimit),
        };
    }

    /// <summary>The state after a reset: real mode, sixteen bytes below 4 GiB (SDM 3A, 10.1.4).</summary>
    public static CpuState ResetVector()
    {
        CpuState state = Real(0, new GeneralRegisters { Rip = 0xFFF0 });
        return state with
        {
            Cs = SegmentState.RealCode(0xF000) with { Base = 0xFFFF_0000 },
            Idt = new DescriptorTable(0, ushort.MaxValue),
            Cr0 = ControlRegisters.Cr0ExtensionType | ControlRegisters.Cr0NotWriteThrough | ControlRegisters.Cr0CacheDisable,
        };
    }

    /// <summary>Writes the descriptor table that belongs to the protected and long mode states above.</summary>
    /// <param name="memory">Guest RAM.</param>
    /// <param name="address">Where; <see cref="GdtSize"/> bytes.</param>
    /// <param name="long64">Whether the kernel's code segment is a 64-bit one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The place is not RAM.</exception>
    public static DescriptorTable WriteGdt(GuestMemory memory, GuestAddress address, bool long64)
    {
        Span<ulong> table = stackalloc ulong[GdtSize / sizeof(ulong)];
        table.Clear();
        table[CodeSelector / sizeof(ulong)] = (long64 ? SegmentState.Code64(CodeSelector) : SegmentState.Code32(CodeSelector)).ToDescriptor();
        table[DataSelector / sizeof(ulong)] = SegmentState.Data(DataSelector).ToDescriptor();
        table[TaskSelector / sizeof(ulong)] = SegmentState.Task(TaskSelector).ToDescriptor();
        table[UserDataSelector / sizeof(ulong)] = SegmentState.Data(UserDataSelector).ForUser().ToDescriptor();
        table[UserCodeSelector / sizeof(ulong)] = SegmentState.Code64(UserCodeSelector).ForUser().ToDescriptor();
        if (!memory.TryWrite(address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(table)))
            throw new ArgumentOutOfRangeException(nameof(address), $"no RAM for a descriptor table at {address}");
        return new DescriptorTable(address.Value, GdtSize - 1);
    }

    private static CpuState Flat(DescriptorTable gdt, in GeneralRegisters registers)
    {
        SegmentState data = SegmentState.Data(DataSelector);
        return new CpuState
        {
            General = registers,
            Ds = data,
            Es = data,
            Fs = data,
            Gs = data,
            Ss = data,
            Tr = SegmentState.Task(TaskSelector),
            Gdt = gdt,
        };
    }
}
