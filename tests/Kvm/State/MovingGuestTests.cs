using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Kvm.State;
using Vmm.Machine;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Kvm.State;

/// <summary>Guests on the real /dev/kvm that are frozen, taken apart and go on in another VM.</summary>
public sealed class MovingGuestTests
{
    /// <summary>Where <c>vigil</c> keeps its records, and what is in them.</summary>
    private const ulong Records = 0x20_0000;
    private const ulong RecordSize = 64;

    private const string EndlessUnrest = "n=1000000000000000";

    [Theory]
    [InlineData(1, 20)]
    [InlineData(4, 20)]
    [InlineData(16, 3)]
    public void Guest_that_is_moved_again_and_again_loses_no_tick_and_no_page_and_never_sees_time_go_back(int vcpus, int moves)
    {
        int ticks = moves * 30;
        using MovingGuest guest = new("vigil", $"hz=50 rate=4 pages=16 ticks={ticks}", vcpus);
        for (int move = 0; move < moves; move++)
        {
            ulong[] before = Counts(guest, vcpus);
            guest.WaitFor(() => Counts(guest, vcpus).Zip(before).All(p => p.First > p.Second), "a tick of every vCPU");
            guest.Vm.Machine.Pause();
            ulong[] held = Counts(guest, vcpus);
            guest.Move(run: false);
            Assert.Equal(held, Counts(guest, vcpus));
            guest.Vm.Machine.Start();
        }
        MachineOutcome outcome = guest.WaitForEnd();
        Assert.Equal((OutcomeKind.PoweredOff, true), (outcome.Kind, guest.Output.Contains("every tick counted, every page as it should be", StringComparison.Ordinal)));
        Assert.All(Counts(guest, vcpus), count => Assert.InRange(count, (ulong)ticks, ulong.MaxValue));
    }

    [Fact]
    public void Everything_but_clocks_reads_back_as_it_was_saved()
    {
        using MovingGuest guest = Busy();
        guest.Vm.Machine.Pause();
        FillUnusedRegisters(guest);
        SavedState before = guest.Move(run: false);
        SavedState after = guest.Freeze();
        Assert.All(Enumerable.Range(0, 4), i =>
            Assert.Equal(Steady(MovingGuest.Record(before, i)), Steady(MovingGuest.Record(after, i))));
        Assert.Equal(Section(before, "interrupt-controllers"), Section(after, "interrupt-controllers"));
        Assert.Equal(Section(before, "interval-timer"), Section(after, "interval-timer"));
    }

    [Fact]
    public void Vcpus_go_on_spinning_halting_and_in_the_middle_of_port_and_memory_accesses()
    {
        using MovingGuest guest = Busy();
        for (int move = 0; move < 5; move++)
        {
            SavedState state = guest.Move();
            Assert.Single(Enumerable.Range(0, 4), i => MovingGuest.Record(state, i).MpState == kvm_mp_state.KVM_MP_STATE_HALTED);
            guest.WaitFor(() => IsStorm(guest), "accesses of both kinds");
        }
        Assert.Equal(MachineState.Running, guest.Vm.Machine.State);
    }

    [Fact]
    public void Vcpus_that_wait_for_INIT_and_SIPI_wait_on_and_are_started_in_the_new_machine()
    {
        using MovingGuest guest = new("vigil", "ticks=3 hz=50", vcpus: 4, run: false);
        SavedState state = guest.Move(run: false);
        Assert.All(Enumerable.Range(1, 3), i => Assert.Equal(kvm_mp_state.KVM_MP_STATE_UNINITIALIZED, MovingGuest.Record(state, i).MpState));
        guest.Move();
        Assert.Equal(OutcomeKind.PoweredOff, guest.WaitForEnd().Kind);
        Assert.Contains("vigil: 4 vCPUs\r\n", guest.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Interrupts_that_were_not_yet_taken_are_still_there()
    {
        const byte vector = 0x31;
        const int requests = 0x200;
        using MovingGuest guest = Busy();
        guest.Vm.Machine.Pause();
        Assert.True(guest.Vm.Kvm.SignalMsi(0xfee0_0000, vector));
        guest.Vm.Vcpus[1].InjectNmi();
        guest.Move(run: false);
        Assert.Equal(1 << vector % 32, BitConverter.ToInt32(guest.Vcpu(0).Lapic, requests + vector / 32 * 16) & 1 << vector % 32);
        Assert.Equal(1, guest.Vcpu(1).Events.NmiPending);
    }

    [Fact]
    public void Counters_go_on_from_their_own_value_and_in_step()
    {
        const uint counter = 0x10;
        using MovingGuest guest = Busy();
        SavedState state = guest.Move(run: false);
        ulong saved = Msr(MovingGuest.Record(state, 0), counter);
        ulong last = saved;
        foreach (int vcpu in (int[])[0, 1, 2, 3, 0])
        {
            Assert.True(guest.Vm.Vcpus[vcpu].TryGetMsr(counter, out ulong now));
            Assert.InRange(now, last, ulong.MaxValue);
            last = now;
        }
        // Nothing here takes a minute.
        Assert.InRange(last, saved, saved + MovingGuest.Record(state, 0).TscKhz * 60_000UL);
    }

    [Fact]
    public void Time_stands_still_while_the_guest_is_frozen_and_how_long_is_known()
    {
        using MovingGuest guest = Busy();
        SavedState state = guest.Move(run: false);
        ClockRecord saved = Clock(state);
        ClockRecord now = Clock(guest.Freeze());
        Assert.InRange(now.Nanoseconds, saved.Nanoseconds, saved.Nanoseconds + (long)TimeSpan.FromMinutes(1).TotalNanoseconds);
        Assert.InRange(now.TimeOfDay, saved.TimeOfDay, saved.TimeOfDay + TimeSpan.FromMinutes(1));
    }

    private static MovingGuest Busy()
    {
        MovingGuest guest = new("unrest", EndlessUnrest, vcpus: 4);
        guest.WaitFor(() => IsStorm(guest), "the storm");
        return guest;
    }

    /// <summary>Gives values to what the guest leaves alone: SSE, debug registers, CR2, the interval timer.</summary>
    private static void FillUnusedRegisters(MovingGuest guest)
    {
        const int xmm = 160, inUse = 512, sse = 2;
        foreach (KvmVcpu vcpu in guest.Vm.Vcpus)
        {
            byte[] area = vcpu.GetXsave(KvmParts.XsaveSize(guest.Vm.Kvm));
            for (int i = 0; i < 256; i++)
                area[xmm + i] = (byte)(i * 3 + vcpu.Number);
            area[inUse] |= sse;
            vcpu.SetXsave(area);
            kvm_debugregs debug = vcpu.GetDebugRegisters();
            unsafe
            {
                debug.db[0] = 0x1000 + (ulong)vcpu.Number;
            }
            vcpu.SetDebugRegisters(debug);
            kvm_sregs system = vcpu.GetSpecialRegisters();
            system.cr2 = 0xdead_beef_000 + (ulong)vcpu.Number;
            vcpu.SetSpecialRegisters(system);
        }
    }

    /// <summary>A record without what goes on by itself: the counter, Hyper-V's time that a vCPU has run, the timer's count.</summary>
    private static string Steady(VcpuRecord record)
    {
        const int currentCount = 0x390;
        record.Lapic.AsSpan(currentCount, 4).Clear();
        VcpuRecord steady = record with { Msr = [.. record.Msr.Where(msr => msr.Index is not (0x10 or 0x4000_0010))] };
        return System.Text.Json.JsonSerializer.Serialize(steady, KvmStateJson.Default.VcpuRecord).Replace(",", ",\n", StringComparison.Ordinal);
    }

    private static string Section(SavedState state, string name) => state.Sections.First(s => s.Name == name).State.GetRawText();

    private static ClockRecord Clock(SavedState state) =>
        System.Text.Json.JsonSerializer.Deserialize(Section(state, "clock"), KvmStateJson.Default.ClockRecord)!;

    private static ulong Msr(VcpuRecord record, uint number) => record.Msr.First(msr => msr.Index == number).Value;

    /// <summary>Two of the vCPUs that were started leave the guest without end; which of them goes by the order in which they came.</summary>
    private static bool IsStorm(MovingGuest guest) => guest.Vm.Machine.Dispatchers.Skip(1).Count(d => d.Counters.Exits > 100) == 2;

    private static ulong[] Counts(MovingGuest guest, int vcpus) =>
        [.. Enumerable.Range(0, vcpus).Select(i => guest.Read(Records + (ulong)i * RecordSize))];
}
