using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Paging;
using Vmm.Kvm.State;
using GeneralRegisters = Vmm.Kvm.State.GeneralRegisters;

namespace Vmm.Inspect.Crash;

/// <summary>Why the processor refused to enter a guest: its checks of the guest's state (Intel SDM 3C, 27.3.1; AMD APM 2, 15.5.1), as far as they are about registers.</summary>
internal static class EntryCause
{
    private const ulong NotWriteThrough = ControlRegisters.Cr0NotWriteThrough;
    private const ulong FixedFlag = 2;
    private const ulong VirtualMode = 1UL << 17;

    /// <summary>One line: the first check that fails, or what it is otherwise.</summary>
    public static string Deduce(GeneralRegisters general, SystemRegisters system)
    {
        bool paging = (system.Cr0 & ControlRegisters.Cr0Paging) != 0;
        bool protection = (system.Cr0 & ControlRegisters.Cr0ProtectionEnable) != 0;
        bool active = (system.Efer & ControlRegisters.EferLongModeActive) != 0;
        bool enabled = (system.Efer & ControlRegisters.EferLongModeEnable) != 0;
        if (paging && !protection)
            return "CR0 has PG without PE: paging needs protected mode";
        if ((system.Cr0 & NotWriteThrough) != 0 && (system.Cr0 & ControlRegisters.Cr0CacheDisable) == 0)
            return "CR0 has NW without CD";
        if (active != (enabled && paging))
            return $"EFER.LMA is {(active ? 1 : 0)} where EFER.LME and CR0.PG make it {(enabled && paging ? 1 : 0)}";
        if (active && (system.Cr4 & ControlRegisters.Cr4PhysicalAddressExtension) == 0)
            return "long mode is on, and CR4.PAE is not";
        if (active && system.Cs.L != 0 && system.Cs.Db != 0)
            return "CS has both L and D: code is of 64 bits or of 32";
        if ((general.Rflags & FixedFlag) == 0)
            return "RFLAGS has bit 1 clear, which is always set";
        if (active && (general.Rflags & VirtualMode) != 0)
            return "RFLAGS.VM is set in long mode";
        if (system.Tr.Unusable != 0 || (system.Tr.Type & 3) != 3)
            return "TR holds no busy TSS";
        if (active && NotCanonical(general, system) is { } name)
            return $"{name} is not canonical";
        return protection
            ? "the state looks as it should: the host's KVM or its processor's microcode knows more (dmesg of the host may tell)"
            : "the guest is in real mode, which processors without 'unrestricted guest' cannot run (kvm_intel.unrestricted_guest=N, or before Westmere)";
    }

    private static string? NotCanonical(GeneralRegisters general, SystemRegisters system)
    {
        (string Name, ulong Value)[] addresses =
            [("RIP", general.Rip), ("FS.base", system.Fs.Base), ("GS.base", system.Gs.Base), ("TR.base", system.Tr.Base), ("GDTR.base", system.Gdt.Base), ("IDTR.base", system.Idt.Base)];
        return addresses.FirstOrDefault(address => !PageWalk.IsCanonical(address.Value, (system.Cr4 & ControlRegisters.Cr4FiveLevels) != 0 ? 57 : 48)).Name;
    }
}
