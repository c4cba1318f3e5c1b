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
/// <param name="Trap">An instruction that leaves the guest for us: an int3, where it does not go to the guest's own handler; null for none.</param>
/// <param name="Hardware">A debug register stops at an instruction.</param>
/// <param name="Watch">A debug register stops at a write.</param>
internal sealed record DebugSupport(BreakpointTrap? Trap, bool Hardware, bool Watch)
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

    /// <summary>Whether there are software breakpoints of any kind.</summary>
    public bool Software => Trap is not null;

    /// <inheritdoc/>
    public override string ToString() => $"break {Word(Software)}{(Trap == BreakpointTrap.PortRead ? " (over two bytes or more of the guest's kernel: no int3 leaves it here, but a port read does)" : "")}, hbreak {Word(Hardware)}, watch {Word(Watch)}";

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

        return new DebugSupport(
            TrapHere(vcpu, ram.Memory),
            Stops(vcpu, ram.Memory, Registers(BreakpointKind.Hardware, Code + 1), [Nop, Nop, Hlt]),
            Stops(vcpu, ram.Memory, Registers(BreakpointKind.Write, Data), [StoreAl, unchecked((byte)Data), Data >> 8, Nop, Hlt]));
    }

    private static unsafe BreakpointTrap? TrapHere(KvmVcpu vcpu, GuestMemory memory)
    {
        kvm_guest_debug software = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_SW_BP };
        if (Stops(vcpu, memory, software, [.. BreakpointTrap.Int3.Code, Hlt]))
            return BreakpointTrap.Int3;
        kvm_guest_debug nothing = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE };
        if (Leaves(vcpu, memory, nothing, [.. BreakpointTrap.PortRead.Code, Hlt]) != KvmExitReason.KVM_EXIT_IO)
            return null;
        // The pointer is to be on the instruction meanwhile, as after an int3: the guest goes on from there.
        bool isThere = BreakpointTrap.IsPortRead(vcpu.Shared->io) && vcpu.GetRegisters().rip == Code;
        vcpu.CompleteIo();
        return isThere ? BreakpointTrap.PortRead : null;
    }

    private static kvm_guest_debug Registers(BreakpointKind kind, ulong address)
    {
        DebugRegisters registers = new();
        registers.Insert(kind, address, 1);
        kvm_guest_debug debug = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP };
        registers.Load(ref debug.arch);
        return debug;
    }

    private static bool Stops(KvmVcpu vcpu, GuestMemory memory, in kvm_guest_debug debug, ReadOnlySpan<byte> code) =>
        Leaves(vcpu, memory, debug, code) == KvmExitReason.KVM_EXIT_DEBUG;

    /// <summary>What code leaves the guest for; null when it does not, or KVM does not want to debug.</summary>
    private static unsafe KvmExitReason? Leaves(KvmVcpu vcpu, GuestMemory memory, in kvm_guest_debug debug, ReadOnlySpan<byte> code)
    {
        memory.TryWrite(new GuestAddress(Code), code);
        vcpu.SetRegisters(new kvm_regs { rip = Code, rflags = 2, rsp = Handler });
        if (!vcpu.TrySetGuestDebug(debug))
            return null;
        for (int run = 0; run < MostRuns; run++)
        {
            if (vcpu.Run() == VcpuExit.Guest)
                return vcpu.Shared->exit_reason;
        }
        return null;
    }
}
