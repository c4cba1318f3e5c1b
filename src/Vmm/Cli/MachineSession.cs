using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Devices.Virtio.Console;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Runs one machine from start to end, through its reboots, with the user's terminal attached.</summary>
internal sealed class MachineSession : IDisposable
{
    /// <summary>A guest that crashed sooner would only crash again: its registers help more than a loop.</summary>
    private static readonly TimeSpan s_shortestRun = TimeSpan.FromSeconds(1);

    private readonly MachineConfig _config;
    private readonly HostConsole _console;
    private readonly StopSignals _signals;
    private readonly MachineConsoles _sinks;
    private readonly ExitStatistics? _statistics;
    private readonly DeviceLog _log;
    private readonly Lock _lock = new();
    private VirtualMachine? _running;
    private bool _stopAsked;

    private MachineSession(MachineConfig config)
    {
        _config = config;
        _console = new HostConsole(config, Stop);
        _signals = new StopSignals(_ => Stop());
        bool hasVirtio = config.VirtioConsole!.Kind != ConsoleKind.Off;
        // The debug console has no line of its own: what comes there is for whoever watches the serial line.
        _sinks = new MachineConsoles(_console.Serial, hasVirtio ? _console.Virtio : null, _console.Serial);
        _log = new DeviceLog(new StandardErrorLogger(config.Name), TimeProvider.System);
        _statistics = config.Stats ? new ExitStatistics() : null;
    }

    /// <summary>Runs it.</summary>
    /// <param name="config">Resolved.</param>
    /// <returns>The exit code.</returns>
    public static int Run(MachineConfig config)
    {
        MachineOutcome outcome;
        int signal;
        MachineSession session = new(config);
        try
        {
            outcome = session.RunToEnd();
        }
        finally
        {
            // The terminal first: what is said from here on is for the user's own screen.
            session.Dispose();
            signal = session._signals.Received;
        }
        session.Tell(outcome);
        return signal != 0 ? ExitCodes.Signalled(signal) : OutcomeReport.ExitCode(outcome);
    }

    /// <summary>Writes out the guest's last words and gives the terminal back.</summary>
    public void Dispose()
    {
        _console.Dispose();
        _log.Dispose();
        _signals.Dispose();
    }

    private MachineOutcome RunToEnd()
    {
        bool first = true;
        while (true)
        {
            using MicroVm vm = MachineBuilder.Build(_config, _sinks, _log);
            _console.Attach(new SerialConsole(vm.Platform.Serial), vm.Device<VirtioConsole>() is { } hvc ? new VirtioConsoleInput(hvc) : null);
            if (first)
                _console.Start(_signals);
            first = false;
            MachineOutcome outcome;
            long start = Stopwatch.GetTimestamp();
            try
            {
                outcome = RunOnce(vm.Machine);
            }
            finally
            {
                // Before the devices are taken apart: the pump must not find them half gone.
                _console.Detach();
            }
            _statistics?.Add(vm.Machine);
            if (!StartsAgain(outcome, Stopwatch.GetElapsedTime(start)))
                return outcome;
        }
    }

    private MachineOutcome RunOnce(VirtualMachine machine)
    {
        lock (_lock)
        {
            if (_stopAsked)
                return new MachineOutcome(OutcomeKind.Stopped);
            _running = machine;
            // Within the lock: a machine that a signal ended first could not be started.
            machine.Start();
        }
        MachineOutcome outcome = machine.WaitForEnd();
        lock (_lock)
            _running = null;
        return outcome;
    }

    private bool StartsAgain(MachineOutcome outcome, TimeSpan ran)
    {
        if (_config.Reboot != RebootPolicy.Reset)
            return false;
        if (outcome.Kind == OutcomeKind.TripleFault && ran < s_shortestRun)
            return false;
        if (outcome.Kind == OutcomeKind.TripleFault)
            System.Console.Error.WriteLine($"vmm: {_config.Name}: the guest crashed (triple fault) and starts again; --reboot exit shows where");
        return outcome.Kind is OutcomeKind.Reset or OutcomeKind.TripleFault;
    }

    /// <summary>Ends the machine, whichever incarnation of it runs; on any thread.</summary>
    private void Stop()
    {
        lock (_lock)
        {
            _stopAsked = true;
            _running?.End(new MachineOutcome(OutcomeKind.Stopped));
        }
    }

    private void Tell(MachineOutcome outcome)
    {
        if (OutcomeReport.Text(outcome) is string report)
            System.Console.Error.WriteLine($"vmm: {_config.Name}: {report}");
        if (_console.Dropped > 0)
            System.Console.Error.WriteLine($"vmm: {_config.Name}: {_console.Dropped} bytes of console output were dropped: nobody took them in time");
        if (_statistics is not null)
            System.Console.Error.Write(_statistics.Text());
        if (outcome is { Kind: OutcomeKind.HostFault, Fault: Exception fault })
            throw fault is VmmException ? fault : new InvalidOperationException($"the machine's host side failed: {fault.Message}", fault);
    }
}
