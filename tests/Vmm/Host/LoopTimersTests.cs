using System.Diagnostics;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>What an event loop does at a later time.</summary>
public sealed class LoopTimersTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Timer_runs_on_the_loops_thread_and_not_before_its_time()
    {
        using EventLoop loop = new("timed");
        using ManualResetEventSlim ran = new();
        bool onLoop = false;
        long started = Stopwatch.GetTimestamp();
        TimeSpan took = default;
        LoopTimers.Timer timer = loop.Timers.Create(() =>
        {
            took = Stopwatch.GetElapsedTime(started);
            onLoop = loop.IsCurrent;
            ran.Set();
        });
        timer.Set(TimeSpan.FromMilliseconds(20));
        Assert.True(ran.Wait(s_patience, TestContext.Current.CancellationToken));
        Assert.True(onLoop);
        Assert.True(took >= TimeSpan.FromMilliseconds(20), $"after {took}");
    }

    [Fact]
    public void Sooner_timer_that_is_set_later_runs_first_and_a_cleared_one_never()
    {
        using EventLoop loop = new("timed");
        using CountdownEvent ran = new(2);
        List<string> order = [];
        LoopTimers.Timer Make(string name) => loop.Timers.Create(() =>
        {
            order.Add(name);
            ran.Signal();
        });
        LoopTimers.Timer late = Make("late"), cleared = Make("cleared"), soon = Make("soon");
        // On the loop's own thread: none runs before all are set.
        loop.Post(() =>
        {
            late.Set(TimeSpan.FromMilliseconds(60));
            cleared.Set(TimeSpan.FromMilliseconds(30));
            cleared.Clear();
            soon.Set(TimeSpan.FromMilliseconds(1));
        });
        Assert.True(ran.Wait(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(["soon", "late"], order);
    }

    [Fact]
    public void Timer_that_sets_itself_again_runs_again()
    {
        using EventLoop loop = new("timed");
        using CountdownEvent ran = new(3);
        LoopTimers.Timer? timer = null;
        timer = loop.Timers.Create(() =>
        {
            if (!ran.Signal())
                timer!.Set(TimeSpan.FromTicks(1));
        });
        timer.Set(TimeSpan.Zero);
        Assert.True(ran.Wait(s_patience, TestContext.Current.CancellationToken));
    }
}
