using Vmm.Api;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Trace.Recording;

namespace Vmm.Cli;

/// <summary>Runs one machine from start to end with the user's terminal attached, and tells how it ended.</summary>
internal static class MachineSession
{
    /// <summary>Runs it.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="where">Where it is steered from besides the terminal.</param>
    /// <param name="restore">The snapshot that it starts from; null for power-on.</param>
    /// <param name="paused">Whether the guest is held before its first instruction.</param>
    /// <param name="trace">The file that its exits are recorded in; null for none.</param>
    /// <returns>The exit code.</returns>
    public static int Run(MachineConfig config, ControlEndPoints where, RestoreSettings? restore = null, bool paused = false, string? trace = null) =>
        Run(config, where, restore?.Open(config), paused, trace);

    /// <summary>Runs one that comes from elsewhere.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="where">Where it is steered from besides the terminal.</param>
    /// <param name="origin">Where its first start comes from; null for power-on.</param>
    /// <param name="paused">Whether the guest is held before its first instruction.</param>
    /// <param name="trace">The file that its exits are recorded in; null for none.</param>
    /// <returns>The exit code.</returns>
    public static int Run(MachineConfig config, ControlEndPoints where, IMachineOrigin? origin, bool paused = false, string? trace = null)
    {
        MachineOutcome outcome;
        HostFiles.Check(config, where.EventMonitor?.Path, arrives: origin is { DisksAreHeldElsewhere: true });
        using BootTrace? traced = trace is null ? null : new BootTrace(trace);
        using VmmLog log = VmmLog.Open(config);
        VmControl? control = null;
        using StopSignals signals = new(_ => control?.Stop());
        EventHub events = new(TimeProvider.System) { Machine = config.Name };
        control = new(events, log, signals)
        {
            BootTrace = traced,
            DebuggerAwaited = place => Say(config, Awaiting.Debugger(place)),
            CrashHeld = crash => StandardError.Write(LogLine.Speaker(config.Name) + OutcomeReport.Held(crash, config) + "\n"),
        };
        try
        {
            using ControlEnds ends = new(where, events, TimeProvider.System);
            control.Create(config);
            using ForegroundPresence presence = new(control, config);
            ends.Serve(control, new RunningProcess(control), log);
            outcome = control.BootHere(presence.OnStarted, origin, paused);
        }
        finally
        {
            // The terminal has been given back: what is said from here on is for the user's own screen.
            log.Dispose();
            signals.MachineEnded();
        }
        if (traced?.Finish() is { } written)
            Say(config, written);
        Tell(config, control.Run!, outcome);
        return signals.Received is int signal and not 0 ? ExitCodes.Signalled(signal) : OutcomeReport.ExitCode(outcome);
    }

    private static void Say(MachineConfig config, string what) => System.Console.Error.WriteLine(LogLine.Speaker(config.Name) + what);

    private static void Tell(MachineConfig config, MachineRun run, MachineOutcome outcome)
    {
        if (OutcomeReport.Text(outcome) is string report)
            Say(config, report);
        if (run.ConsoleBytesDropped > 0)
            Say(config, $"{run.ConsoleBytesDropped} bytes of console output were dropped: {(run.ConsoleRefusal is { } refusal ? $"writing them failed ({refusal})" : "nobody took them in time")}");
        if (config.Stats)
            System.Console.Error.Write(ExitStatistics.Text(run.ReadMetrics()));
        if (outcome is { Kind: OutcomeKind.HostFault, Fault: Exception fault })
            throw fault is VmmException ? fault : new InvalidOperationException($"the machine's host side failed: {fault.Message}", fault);
    }
}
