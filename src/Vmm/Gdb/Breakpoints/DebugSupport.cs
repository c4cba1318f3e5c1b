using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;

namespace Vmm.Gdb.Breakpoints;

/// <summary>
/// What stops a guest on this host. KVM_SET_GUEST_DEBUG says yes to everything, also where the processor below it, or its emulation, does
/// nothing: so a few instructions are run under each kind, in a machine of their own.
/// </summary>
/// <param name="Software">An int3 leaves the guest, rather than go to the guest's own handler.</param>
/// <param name="Hardware">A debug register stops at an instruction.</param>
/// <param name="Watch">A debug register stops at a write.</param>
internal sealed record DebugSupport(bool Software, bool Hardware, bool Watch)
{
    private const ulong Code = 0x500;
    private const ulong Handler = 0x600;
    private const ushort Data = 0x700;

    /// <summary>HLT, which without interrupt controllers ends KVM_RUN.</summary>
    private const byte Hlt = 0xf4;

    private const byte Nop = 0x90;

    /// <summary>MOV moffs8, AL (Intel SDM 2B).</summary>
    private const byte StoreAl = 0xa2;

    /// <summary>A processor that was just started, or a signal, costs a run or two.</summary>
    private const int MostRuns = 100;

    private static readonly Lazy<DebugSupport> s_here = new(Ask);

    /// <summary>This host's. Asked once, in some milliseconds.</summary>
    /// <exception cref="HostException">KVM refuses a machine.</exception>
    public static DebugSupport Here => s_here.Value;

    /// <inheritdoc/>
    public override string ToString() => $"break {Word(Software)}, hbreak {Word(Hardware)}, watch {Word(Watch)}";

    private static string Word(bool yes) => yes ? "works" : "does not work on this KVM";

    private static DebugSupport Ask()
    {
        using KvmSystem kvm = KvmSystem.Open();
        using GuestRam ram = GuestRam.Create(MemoryLayout.MinimumRam);
        using KvmVm vm = kvm.CreateVm();
        vm.SetMemory(0, ram.Memory.Regions[0]);
        vm.ReserveIntelPages();
        using KvmVcpu vcpu = vm.CreateVcpu(0, 0);
        kvm_sregs special = vcpu.GetSpecialRegisters();
        // Real mode, as a processor wakes up, with its code at the beginning of memory.
        (special.cs.@base, special.cs.selector) = (0, 0);
        vcpu.SetSpecialRegisters(special);
        // Where the guest's own handlers are, of #DB and #BP: each is a HLT.
        for (uint vector = GuestException.Debug; vector <= GuestException.Breakpoint; vector++)
            ram.Memory.TryWrite(new GuestAddress(vector * sizeof(uint)), (uint)Handler);
        ram.Memory.TryWrite(new GuestAddress(Handler), Hlt);

        kvm_guest_debug software = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_SW_BP };
        return new DebugSupport(
            Stops(vcpu, ram.Memory, software, [SoftwareBreakpoints.Int3, Hlt]),
            Stops(vcpu, ram.Memory, Registers(BreakpointKind.Hardware, Code + 1), [Nop, Nop, Hlt]),
            Stops(vcpu, ram.Memory, Registers(BreakpointKind.Write, Data), [StoreAl, unchecked((byte)Data), Data >> 8, Nop, Hlt]));
    }

    private static kvm_guest_debug Registers(BreakpointKind kind, ulong address)
    {
        DebugRegisters registers = new();
        registers.Insert(kind, address, 1);
        kvm_guest_debug debug = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP };
        registers.Load(ref debug.arch);
        return debug;
    }

    private static unsafe bool Stops(KvmVcpu vcpu, GuestMemory memory, in kvm_guest_debug debug, ReadOnlySpan<byte> code)
    {
        memory.TryWrite(new GuestAddress(Code), code);
        vcpu.SetRegisters(new kvm_regs { rip = Code, rflags = 2, rsp = Handler });
        if (!vcpu.TrySetGuestDebug(debug))
            return false;
        for (int run = 0; run < MostRuns; run++)
        {
            if (vcpu.Run() == VcpuExit.Guest)
                return vcpu.Shared->exit_reason == KvmExitReason.KVM_EXIT_DEBUG;
        }
        return false;
    }
}
