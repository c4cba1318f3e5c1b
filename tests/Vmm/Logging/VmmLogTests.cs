using Microsoft.Extensions.Logging;
using Vmm.Control;
using Vmm.Logging;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Logging;

public class VmmLogTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Each_place_takes_its_own_levels()
    {
        ListSink all = new(LogLevel.Debug);
        ListSink warnings = new(LogLevel.Warning);
        using VmmLog log = new("web", [all, warnings], _clock);
        MachineLog machine = new(log.CreateLogger(MachineLog.Category));
        machine.Paused(1.25);
        machine.Refused(VmCommand.Resume, VmState.Running);
        machine.CrashedAndRestarts();
        log.Dispose();
        Assert.Equal(["paused within 1.250 ms", "Resume refused: it is Running", "the guest crashed (triple fault) and starts again; --reboot exit shows where"], all.Lines);
        Assert.Equal(["the guest crashed (triple fault) and starts again; --reboot exit shows where"], warnings.Lines);
        Assert.Equal(new LogCounters(4, 0, 0), log.Counters);
        Assert.True(all.IsDisposed);
    }

    [Fact]
    public void Without_a_place_nothing_is_enabled()
    {
        using VmmLog log = new("web", [], _clock);
        Assert.False(log.CreateLogger("machine").IsEnabled(LogLevel.Critical));
    }

    [Fact]
    public void Values_of_a_message_keep_their_names_and_types()
    {
        ListSink sink = new();
        using VmmLog log = new("web", [sink], _clock);
        new MachineLog(log.CreateLogger(MachineLog.Category)).Ended(OutcomeKind.PoweredOff, 1500);
        log.Dispose();
        LogEntry entry = Assert.Single(sink.Entries);
        Assert.Equal([new("Outcome", "PoweredOff"), new("UptimeMs", 1500.0)], entry.Fields);
        Assert.Equal("Ended", entry.Event.Name);
    }

    [Fact]
    public void A_web_server_s_chatter_is_one_level_quieter()
    {
        using VmmLog log = new("web", [new ListSink(LogLevel.Information)], _clock);
        ILogger kestrel = log.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");
        Assert.False(kestrel.IsEnabled(LogLevel.Information));
        Assert.True(kestrel.IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public void A_message_after_the_end_is_lost_and_counted()
    {
        ListSink sink = new();
        using VmmLog log = new("web", [sink], _clock);
        MachineLog machine = new(log.CreateLogger(MachineLog.Category));
        machine.Resumed();
        log.Dispose();
        machine.Resumed();
        Assert.Single(sink.Entries);
        Assert.Equal(1, log.Counters.Dropped);
    }

    [Fact]
    [Trait("Row", "88")]
    public void A_place_that_stands_still_holds_nobody_up_and_memory_stays_bounded()
    {
        ListSink sink = new();
        sink.Open.Reset();
        VmmLog log = new("web", [sink], _clock);
        ILogger logger = log.CreateLogger("flood");
        string text = new('x', 1_500);
        for (int i = 0; i < 1_000_000; i++)
            // Each a site of its own for as long as there are any: past the rate limit, to the queue.
            logger.Log(LogLevel.Warning, new EventId(i), text, null, static (state, _) => state);
        LogCounters counters = log.Counters;
        Assert.True(counters.Dropped > 0 && counters.Suppressed > 990_000, counters.ToString());
        (int messages, int cost) = log.Waiting;
        Assert.InRange(messages, 1, LogQueue.Capacity);
        Assert.InRange(cost, text.Length, LogQueue.CostLimit);
        sink.Open.Set();
        log.Dispose();
    }

    [Fact]
    [Trait("Row", "88")]
    public void A_place_that_refuses_costs_its_lines_and_not_those_of_others()
    {
        ListSink refusing = new() { Refuses = true };
        ListSink taking = new();
        using VmmLog log = new("web", [refusing, taking], _clock);
        MachineLog machine = new(log.CreateLogger(MachineLog.Category));
        machine.Resumed();
        machine.PowerButton();
        log.Dispose();
        Assert.Equal(["resumed", "power button pressed"], taking.Lines.Take(2));
        Assert.True(log.Counters is { Written: >= 2, Dropped: >= 2 }, log.Counters.ToString());
    }
}
