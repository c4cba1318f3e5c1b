using System.Diagnostics;
using Vmm.Kvm.Abi;
using Vmm.Machine.Exits;
using Vmm.Tests.Devices;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed class ExitCountersTests
{
    // A nanosecond is a unit of the system's clock on Linux.
    private const long SpinFor = 200_000;

    private readonly ExitCounters _counters = new();

    [Fact]
    public void Every_exit_is_counted_and_timed_under_its_reason_and_its_device()
    {
        EchoDevice first = new();
        EchoDevice second = new();
        Exit(KvmExitReason.KVM_EXIT_IO, first);
        Exit(KvmExitReason.KVM_EXIT_IO, second);
        Exit(KvmExitReason.KVM_EXIT_MMIO, first);
        Exit(KvmExitReason.KVM_EXIT_IO, null);
        Exit(KvmExitReason.KVM_EXIT_INTR, null);

        Assert.Equal(3, _counters.CountOf(KvmExitReason.KVM_EXIT_IO));
        Assert.Equal(1, _counters.CountOf(KvmExitReason.KVM_EXIT_MMIO));
        Assert.Equal(1, _counters.CountOf(KvmExitReason.KVM_EXIT_INTR));
        Assert.Equal(2, _counters.CountOf(first));
        Assert.Equal(1, _counters.CountOf(second));
        Assert.Equal(1, _counters.CountOf(device: null));
        Assert.Equal(4, _counters.Kinds.Sum(kind => kind.IsAccess ? kind.Latency.Count : 0));
        Assert.Equal(5, _counters.Exits);
    }

    [Fact]
    public void Handler_time_is_the_sum_over_all_reasons()
    {
        Exit(KvmExitReason.KVM_EXIT_IO, null);
        Exit(KvmExitReason.KVM_EXIT_MMIO, null);
        Assert.Equal(_counters.Kinds.Sum(kind => kind.Latency.Total), _counters.HandlerTime);
    }

    [Fact]
    public void A_reason_without_a_place_of_its_own_counts_as_unknown()
    {
        Exit((KvmExitReason)ExitCounters.Reasons, null);
        Exit((KvmExitReason)uint.MaxValue, null);
        Assert.Equal(2, _counters.CountOf(KvmExitReason.KVM_EXIT_UNKNOWN));
    }

    [Fact]
    public void Time_in_the_guest_goes_on_while_it_is_there_and_stands_still_while_it_is_not()
    {
        Assert.Equal(0, _counters.RunTime);
        _counters.EnterGuest();
        long early = _counters.RunTime;
        long later = _counters.RunTime;
        Assert.InRange(early, 0, later);
        _counters.LeaveGuest();
        long held = _counters.RunTime;
        Assert.InRange(later, 0, held);
        Thread.SpinWait(1000);
        Assert.Equal(held, _counters.RunTime);
    }

    [Fact]
    public void Time_before_an_exit_is_counted_with_what_it_was_for()
    {
        _counters.EnterGuest();
        Spin();
        Exit(KvmExitReason.KVM_EXIT_IO, null);
        Exit(KvmExitReason.KVM_EXIT_MMIO, null);
        // What ended with a kick was no exit's.
        Spin();
        _counters.LeaveGuest();
        long run = _counters.RunTime;
        _counters.EnterGuest();
        Exit(KvmExitReason.KVM_EXIT_MMIO, null);

        ExitKind io = _counters.Kinds.Single(kind => kind.Reason == KvmExitReason.KVM_EXIT_IO), mmio = _counters.Kinds.Single(kind => kind.Reason == KvmExitReason.KVM_EXIT_MMIO);
        Assert.Equal((1, 2), (io.Run.Count, mmio.Run.Count));
        Assert.InRange(io.Run.Total, SpinFor, run);
        Assert.InRange(io.Run.Total + mmio.Run.Total, SpinFor, _counters.RunTime - SpinFor);

        static void Spin()
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetTimestamp() - start < SpinFor)
                Thread.SpinWait(10);
        }
    }

    [Fact]
    public void Leaving_twice_counts_once()
    {
        _counters.EnterGuest();
        _counters.LeaveGuest();
        long held = _counters.RunTime;
        _counters.LeaveGuest();
        Assert.Equal(held, _counters.RunTime);
    }

    [Fact]
    public void Many_devices_in_turn_allocate_nothing_once_each_was_seen()
    {
        EchoDevice[] devices = [.. Enumerable.Range(0, 30).Select(_ => new EchoDevice())];
        ExitAll();
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                ExitAll();
        }));

        void ExitAll()
        {
            foreach (EchoDevice device in devices)
                Exit(KvmExitReason.KVM_EXIT_IO, device);
        }
    }

    private void Exit(KvmExitReason reason, EchoDevice? device)
    {
        long left = _counters.LeaveGuest();
        _counters.EnterGuestAgain(reason, device, left);
    }
}
