using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Kvm.State;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Kvm.Vcpu;

/// <summary>Real vCPUs on the real /dev/kvm, running a few bytes of real-mode code.</summary>
public class VcpuTests
{
    private const ushort EndPort = 0xf4;

    /// <summary>in al, 0x10; out 0x11, al; mov al, 1; out 0xf4, al; jmp $</summary>
    private static readonly byte[] InThenOut = [0xe4, 0x10, 0xe6, 0x11, 0xb0, 0x01, 0xe6, 0xf4, 0xeb, 0xfe];

    /// <summary>jmp $</summary>
    private static readonly byte[] Spin = [0xeb, 0xfe];

    /// <summary>again: out 0x11, al; jmp again</summary>
    private static readonly byte[] PortStorm = [0xe6, 0x11, 0xeb, 0xfc];

    /// <summary>cld; mov si, 0x200; mov cx, 5; mov dx, 0x11; rep outsb; mov al, 7; out 0xf4, al; jmp $</summary>
    private static readonly byte[] StringOut = [0xfc, 0xbe, 0x00, 0x02, 0xb9, 0x05, 0x00, 0xba, 0x11, 0x00, 0xf3, 0x6e, 0xb0, 0x07, 0xe6, 0xf4, 0xeb, 0xfe];

    [Fact]
    public void A_port_read_gives_the_device_s_answer_and_a_write_reaches_it()
    {
        using RealModeMachine guest = new(InThenOut);
        RecordingDevice source = new("source", 0x42);
        RecordingDevice target = new("target");
        guest.Ports.TryAdd(0x10, 1, source);
        guest.Ports.TryAdd(0x11, 1, target);
        EndOnWrite(guest);
        guest.Machine.Start();
        MachineOutcome outcome = guest.Machine.WaitForEnd();
        Assert.Equal(OutcomeKind.DebugExit, outcome.Kind);
        Assert.Equal(0x42, Assert.Single(target.Writes).Data[0]);
        Assert.Equal(3, guest.Machine.Dispatchers[0].Counters.CountOf(KvmExitReason.KVM_EXIT_IO));
        Assert.Equal(1, guest.Machine.Dispatchers[0].Counters.CountOf(source));
    }

    [Fact]
    [Trait("Row", "46")]
    public void A_port_that_nobody_answers_reads_as_all_ones_and_drops_writes()
    {
        using RealModeMachine guest = new(InThenOut);
        RecordingDevice target = new("target");
        guest.Ports.TryAdd(0x11, 1, target);
        EndOnWrite(guest);
        guest.Machine.Start();
        guest.Machine.WaitForEnd();
        Assert.Equal(0xff, Assert.Single(target.Writes).Data[0]);
        Assert.Equal(1, guest.Machine.Dispatchers[0].Counters.CountOf(device: null));
    }

    [Fact]
    public void A_string_instruction_hands_every_item_to_the_device_in_order()
    {
        using RealModeMachine guest = new(StringOut);
        Assert.True(guest.Ram.Memory.TryWrite(new Guest.Memory.GuestAddress(0x200), "hello"u8));
        RecordingDevice target = new("target");
        guest.Ports.TryAdd(0x11, 1, target);
        EndOnWrite(guest);
        guest.Machine.Start();
        guest.Machine.WaitForEnd();
        Assert.Equal("hello"u8.ToArray(), target.Writes.Select(w => w.Data[0]));
    }

    [Theory]
    [Trait("Row", "53")]
    [InlineData(false, 1)]
    [InlineData(false, 4)]
    [InlineData(true, 1)]
    [InlineData(true, 4)]
    public void Every_vcpu_is_held_by_each_of_many_pauses_and_makes_no_progress_until_resumed(bool storm, int vcpus)
    {
        using RealModeMachine guest = new(storm ? PortStorm : Spin, vcpus);
        RecordingCounter counter = new();
        guest.Ports.TryAdd(0x11, 1, counter);
        guest.Machine.Start();
        for (int i = 0; i < 100; i++)
        {
            guest.Machine.Pause();
            long before = counter.Count;
            Assert.Equal(MachineState.Paused, guest.Machine.State);
            // About a millisecond, in which a vCPU that runs on makes a hundred exits.
            Thread.SpinWait(100_000);
            Assert.Equal(before, counter.Count);
            guest.Machine.Resume();
        }
        guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
        Assert.Equal(OutcomeKind.Stopped, guest.Machine.WaitForEnd().Kind);
    }

    [Fact]
    [Trait("Row", "52")]
    public void A_garbage_collection_while_the_guest_spins_neither_ends_the_run_nor_loses_a_pause()
    {
        using RealModeMachine guest = new(Spin, vcpus: 2);
        guest.Machine.Start();
        for (int i = 0; i < 50; i++)
        {
            GC.Collect();
            guest.Machine.Pause();
            guest.Machine.Resume();
        }
        Assert.Equal(MachineState.Running, guest.Machine.State);
    }

    [Fact]
    public void A_machine_that_ends_before_its_threads_came_up_still_ends()
    {
        for (int i = 0; i < 50; i++)
        {
            using RealModeMachine guest = new(Spin, vcpus: 2);
            guest.Machine.Start();
            guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
            Assert.Equal(OutcomeKind.Stopped, guest.Machine.WaitForEnd().Kind);
        }
    }

    [Fact]
    public void CPUID_table_is_read_as_it_was_set_and_no_longer()
    {
        // Some KVMs add the sizes of the extended state, which they keep themselves.
        const uint extendedState = 0xd;
        using RealModeMachine guest = new(Spin);
        uint[] functions = [0, 1, 0x4000_0000, 0x8000_0000];
        guest.Vcpus[0].SetCpuid([.. functions.Select(function => new kvm_cpuid_entry2 { function = function })]);
        Assert.Equal(functions, guest.Vcpus[0].GetCpuid().Select(entry => entry.function).Where(function => function != extendedState));
    }

    /// <summary>KVM stops at one that it does not know, which is not to cost those after it.</summary>
    [Fact]
    public void Registers_that_KVM_does_not_know_are_left_out_and_all_others_saved_and_set()
    {
        const uint sysenterCs = 0x174;
        const uint sysenterEsp = 0x175;
        const uint unknown = 0x1234_5678;
        using RealModeMachine guest = new(Spin);
        KvmVcpu vcpu = guest.Vcpus[0];
        kvm_msr_entry[] set = [new() { index = sysenterCs, data = 8 }, new() { index = unknown, data = 1 }, new() { index = sysenterEsp, data = 0x1000 }];
        Assert.Equal(1, vcpu.SetMsrs(set));
        Assert.Equal(1, vcpu.SetMsrs(set.AsSpan(2)));
        uint[] numbers = [unknown, sysenterCs, unknown, sysenterEsp, unknown, .. Enumerable.Repeat(sysenterCs, 300)];
        List<NumberedRegister> saved = VcpuSaver.Msrs(vcpu, numbers);
        Assert.Equal([new NumberedRegister(sysenterCs, 8), new(sysenterEsp, 0x1000)], saved.Take(2));
        Assert.Equal(302, saved.Count);
    }

    private static void EndOnWrite(RealModeMachine guest) => guest.Ports.TryAdd(EndPort, 1, new RecordingDevice("end")
    {
        Written = (_, data) => guest.Machine.End(new MachineOutcome(OutcomeKind.DebugExit, data[0])),
    });
}
