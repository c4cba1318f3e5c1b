using Vmm.Migration;
using Vmm.Migration.Sending;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>What is decided after a round, by numbers alone.</summary>
public sealed class ConvergenceTests
{
    private const ulong MiB = 1 << 20;

    private static readonly MigrationOptions s_options = new() { Downtime = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromSeconds(60), AutoConverge = true };

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Link_is_guessed_until_a_round_was_large_enough_to_tell()
    {
        Convergence convergence = new(s_options);
        convergence.After(sent: 4096, s_second, written: 0, s_second);
        Assert.False(convergence.IsMeasured);
        convergence.After(sent: 50 * MiB, s_second, written: 0, s_second);
        Assert.True(convergence.IsMeasured);
        Assert.Equal(50.0 * MiB, convergence.Bandwidth);
    }

    /// <summary>A fifth of a MiB is next to nothing on a fast link, and half a second where 400 KB/s are allowed.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(400e3, false)]
    public void Rest_is_projected_by_what_is_allowed_at_most(double allowed, bool fits)
    {
        Convergence convergence = new(s_options with { Bandwidth = allowed });
        NextStep next = convergence.After(sent: MiB / 5, s_second / 2, written: MiB / 5, s_second);
        Assert.Equal(fits, convergence.Projected <= s_options.Downtime);
        Assert.Equal(fits ? NextStep.Hold : NextStep.Round, next);
    }

    [Fact]
    public void Guest_that_writes_as_fast_as_is_sent_is_slowed_down_from_the_second_such_round_on()
    {
        Convergence convergence = new(s_options);
        List<int> throttles = [];
        for (int round = 0; round < 4; round++)
        {
            Assert.Equal(NextStep.Round, convergence.After(sent: 100 * MiB, s_second, written: 90 * MiB, s_second));
            throttles.Add(convergence.Throttle);
        }
        Assert.Equal([0, 20, 30, 40], throttles);
    }

    [Fact]
    public void Rest_that_would_fit_is_made_less_while_rounds_halve_it()
    {
        Convergence convergence = new(s_options);
        Assert.Equal(NextStep.Round, convergence.After(sent: 100 * MiB, s_second, written: 4 * MiB, s_second));
        Assert.Equal(NextStep.Round, convergence.After(sent: 100 * MiB, s_second, written: MiB, s_second));
        Assert.Equal(NextStep.Hold, convergence.After(sent: 100 * MiB, s_second, written: MiB, s_second));
    }

    [Theory]
    [InlineData(nameof(TimeoutPolicy.Cancel), nameof(NextStep.Cancel))]
    [InlineData(nameof(TimeoutPolicy.Continue), nameof(NextStep.Hold))]
    [InlineData(nameof(TimeoutPolicy.Postcopy), nameof(NextStep.Switch))]
    public void Time_that_is_over_is_for_who_asked_to_decide(string policy, string expected)
    {
        Convergence convergence = new(s_options with { OnTimeout = Enum.Parse<TimeoutPolicy>(policy) });
        Assert.Equal(expected, convergence.After(sent: 100 * MiB, s_second, written: 90 * MiB, s_options.Timeout).ToString());
    }

    [Theory]
    [InlineData(nameof(TimeoutPolicy.Cancel), nameof(NextStep.Cancel))]
    [InlineData(nameof(TimeoutPolicy.Postcopy), nameof(NextStep.Switch))]
    public void Round_that_outlasts_the_time_tells_the_link_and_counts_what_it_has_not_come_to(string policy, string expected)
    {
        Convergence convergence = new(s_options with { OnTimeout = Enum.Parse<TimeoutPolicy>(policy) });
        Assert.Equal(expected, convergence.After(sent: MiB / 2, s_second, written: 0, s_options.Timeout, unsent: 90 * MiB).ToString());
        Assert.True(convergence.IsMeasured);
        Assert.Equal(MiB / 2.0, convergence.Bandwidth);
        Assert.Equal(0.0, convergence.DirtyRate);
        Assert.Equal(180.005, convergence.Projected.TotalSeconds, 1e-6);
        // A rest that fits is over soon.
        Assert.Equal(NextStep.Hold, convergence.After(sent: 90 * MiB, s_second, written: MiB, s_options.Timeout, unsent: MiB));
    }

    [Fact]
    public void Link_that_carries_next_to_nothing_is_projected_all_the_same()
    {
        Convergence convergence = new(s_options with { Bandwidth = 1e-9 });
        Assert.Equal(NextStep.Cancel, convergence.After(sent: 0, s_second, written: 1 << 30, s_options.Timeout, unsent: 1UL << 40));
        Assert.True(convergence.Projected > TimeSpan.FromDays(365));
    }

    [Fact]
    public void Hybrid_switches_at_the_first_round_that_does_not_halve_the_rest()
    {
        Convergence convergence = new(s_options with { Mode = MigrationMode.Hybrid });
        Assert.Equal(NextStep.Round, convergence.After(sent: 100 * MiB, s_second, written: 90 * MiB, s_second));
        Assert.Equal(NextStep.Round, convergence.After(sent: 100 * MiB, s_second, written: 40 * MiB, s_second));
        Assert.Equal(NextStep.Switch, convergence.After(sent: 100 * MiB, s_second, written: 30 * MiB, s_second));
    }
}
