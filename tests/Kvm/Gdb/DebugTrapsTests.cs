using Vmm.Gdb;
using Vmm.Gdb.Breakpoints;
using Vmm.Guest.Memory;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Tests.Kvm.Vcpu;
using Xunit;

namespace Vmm.Tests.Kvm.Gdb;

/// <summary>A trap of the guest's own while vCPUs leave it at each #DB, and one that is left of our steps.</summary>
public sealed unsafe class DebugTrapsTests : IDisposable
{
    private const ulong Code = 0x500, Handler = 0x600, Told = 0x700;
    private const uint DebugVectorEntry = 4;

    /// <summary>DR6: B0 to B3, BD, BS, BT, and those of them that tell a step.</summary>
    private const uint Causes = 0xe00f, Step = 0x4000;

    /// <summary>A value that the guest has left in DR6: register 0, which was met long ago.</summary>
    private const ulong Stale = 0xffff_0ff1;

    /// <summary>pushf; mov bp, sp; or byte [bp+1], 1; popf; nop; hlt</summary>
    private static readonly byte[] StepsItself = [0x9c, 0x89, 0xe5, 0x80, 0x4e, 0x01, 0x01, 0x9d, 0x90, 0xf4];

    /// <summary>mov eax, dr6; mov [0x700], eax; hlt</summary>
    private static readonly byte[] Tells = [0x0f, 0x21, 0xf0, 0x66, 0xa3, 0x00, 0x07, 0xf4];

    private static readonly kvm_guest_debug s_everyTrap = new() { control = kvm_guest_debug.KVM_GUESTDBG_ENABLE | kvm_guest_debug.KVM_GUESTDBG_USE_HW_BP };

    private readonly RealModeMachine _guest = new([]);
    private readonly DebugTraps _traps = new();

    private KvmVcpu Vcpu => _guest.Vcpus[0];

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void Guest_that_steps_itself_is_told_so_by_its_debug_status()
    {
        Prepare();
        _traps.Arm(Vcpu, s_everyTrap);
        RunThroughItsTrap();
        Assert.Equal(Step, ReadWord() & Causes);
    }

    [Fact]
    public void Step_that_may_be_left_of_ours_is_never_seen_by_the_guest()
    {
        Prepare();
        _traps.ExpectSteps();
        _traps.Arm(Vcpu, default);
        RunThroughItsTrap();
        Assert.Equal(0u, ReadWord());
        Assert.Equal(Stale & Causes, Vcpu.GetDebugRegisters().dr6 & Causes);
    }

    private void Prepare()
    {
        GuestMemory memory = _guest.Ram.Memory;
        Assert.True(memory.TryWrite(new GuestAddress(Code), StepsItself));
        Assert.True(memory.TryWrite(new GuestAddress(Handler), Tells));
        Assert.True(memory.TryWrite(new GuestAddress(DebugVectorEntry), (uint)Handler));
        kvm_debugregs registers = Vcpu.GetDebugRegisters();
        registers.dr6 = Stale;
        Vcpu.SetDebugRegisters(registers);
        Vcpu.SetRegisters(new kvm_regs { rip = Code, rflags = 2, rsp = 0x1000 });
    }

    /// <summary>Runs the guest, whose one trap is handed on to it.</summary>
    private void RunThroughItsTrap()
    {
        int traps = RunToHlt();
        Assert.SkipWhen(traps == 0 && (ReadWord() & Causes) == Step, "this KVM emulates CPL 0 and gives the guest its own #DB without leaving it: there is none to be handed on");
        Assert.Equal(1, traps);
    }

    /// <summary>Runs the guest.</summary>
    /// <returns>How many traps were handed on.</returns>
    private int RunToHlt()
    {
        int traps = 0;
        while (true)
        {
            if (Vcpu.Run() != VcpuExit.Guest)
                continue;
            if (Vcpu.Shared->exit_reason == KvmExitReason.KVM_EXIT_HLT)
                return traps;
            Assert.Equal(KvmExitReason.KVM_EXIT_DEBUG, Vcpu.Shared->exit_reason);
            Assert.Equal(GuestException.Debug, Vcpu.Shared->debug.exception);
            traps++;
            _traps.HandOn(Vcpu, Vcpu.Shared->debug, s_everyTrap);
        }
    }

    private uint ReadWord()
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        Assert.True(_guest.Ram.Memory.TryRead(new GuestAddress(Told), word));
        return BitConverter.ToUInt32(word);
    }
}
