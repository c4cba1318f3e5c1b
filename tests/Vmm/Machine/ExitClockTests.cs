using System.Diagnostics;
using Vmm.Host;
using Vmm.Kvm.Abi;
using Vmm.Machine.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>What exits are timed by.</summary>
public sealed class ExitClockTests
{
    private const long Nanoseconds = 20_000_000;

    [Fact]
    public void Without_a_frequency_it_is_the_systems()
    {
        ExitClock clock = ExitClock.Of(khz: 0);
        Assert.False(clock.IsCounter);
        Assert.Equal(12_345, clock.ToNanoseconds(12_345));
        long before = Stopwatch.GetTimestamp();
        Assert.InRange(clock.Now, before, Stopwatch.GetTimestamp());
    }

    [Theory]
    [InlineData("tsc", false, true)] // which a kernel leaves when the counter halts or changes its rate
    [InlineData("tsc", true, true)]
    [InlineData("kvm-clock", true, true)]
    [InlineData("kvm-clock", false, false)]
    [InlineData("hpet", true, false)]
    [InlineData("", true, false)]
    public void Counter_is_steady_where_the_kernel_goes_by_it(string clocksource, bool isInvariant, bool expected) =>
        Assert.Equal(expected, TimeStampCounter.IsSteadyBy(clocksource, isInvariant));

    [Fact]
    public void Counter_tells_the_time_as_the_system_does()
    {
        ExitClock clock = Counter();
        // Whoever is interrupted between the two clocks tries again.
        Assert.Contains(Enumerable.Range(0, 20), _ =>
        {
            long begun = clock.Now;
            long since = SpinFor(Nanoseconds);
            long took = clock.ToNanoseconds(clock.Now - begun);
            return took > since * 0.95 && took < since * 1.05;
        });
    }

    [Fact]
    public void Counter_that_begins_anew_leaves_no_time_that_goes_back()
    {
        ExitCounters counters = new(clock: Counter());
        long left = counters.LeaveGuest();
        counters.EnterGuestAgain(KvmExitReason.KVM_EXIT_IO, device: null, left + Nanoseconds);
        Assert.Equal(0, counters.HandlerTime);
        long ran = counters.RunTime;
        Assert.InRange(ran, 0, counters.RunTime);
        counters.LeaveGuest();
        Assert.Equal(1, counters.CountOf(KvmExitReason.KVM_EXIT_IO));
    }

    [Fact]
    public void Time_in_the_guest_and_for_its_exits_adds_up_to_what_passed()
    {
        ExitCounters counters = new(clock: Counter());
        long begun = Stopwatch.GetTimestamp();
        counters.EnterGuest();
        for (int i = 0; i < 10; i++)
        {
            SpinFor(Nanoseconds / 20);
            long left = counters.LeaveGuest();
            SpinFor(Nanoseconds / 20);
            counters.EnterGuestAgain(KvmExitReason.KVM_EXIT_IO, device: null, left);
        }
        long sum = counters.RunTime + counters.HandlerTime;
        Assert.InRange(sum, Nanoseconds * 0.95, Stopwatch.GetElapsedTime(begun).TotalNanoseconds * 1.05);
        Assert.InRange(counters.HandlerTime, Nanoseconds / 2 * 0.95, sum);
    }

    /// <summary>The counter, its frequency found out with the system's clock.</summary>
    private static ExitClock Counter()
    {
        Assert.SkipUnless(TimeStampCounter.IsSteady, "the kernel does not go by the time stamp counter here");
        double khz = 0;
        // The quietest of some: to be interrupted makes it too fast.
        for (int i = 0; i < 10; i++)
        {
            ulong before = TimeStampCounter.Now;
            long took = SpinFor(Nanoseconds);
            double seen = (TimeStampCounter.Now - before) * 1e6 / took;
            khz = khz == 0 ? seen : Math.Min(khz, seen);
        }
        ExitClock clock = ExitClock.Of((uint)khz);
        Assert.True(clock.IsCounter);
        return clock;
    }

    private static long SpinFor(long nanoseconds)
    {
        long begun = Stopwatch.GetTimestamp();
        long passed;
        do
        {
            passed = Stopwatch.GetTimestamp() - begun;
        }
        while (passed < nanoseconds);
        return passed;
    }
}
