using System.Text;
using Vmm.Api;
using Vmm.Cli;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Background;

/// <summary>The process of a VM in the background: away from the terminal, with its console and its control socket in its folder.</summary>
internal static class BackgroundMachine
{
    private const uint LogMode = 0b110_000_000;

    /// <summary>Runs a VM to its end.</summary>
    /// <param name="vm">The VM, whose lock was inherited.</param>
    /// <param name="reporting">Told when the guest runs, or why not; closed then.</param>
    /// <param name="origin">Where its first start comes from, when that is neither power-on nor what its record says.</param>
    /// <param name="refused">Told why it could not be started.</param>
    /// <returns>The exit code.</returns>
    public static int Run(LockedVm vm, SafeFd reporting, IMachineOrigin? origin = null, Action<Exception>? refused = null)
    {
        VmRecord before = vm.Folder.ReadRecord();
        VmRecord record = before with
        {
            // This start only: what comes after it is from power-on.
            Restore = null,
            StartPaused = false,
            Pid = Environment.ProcessId,
            Foreground = false,
            StartedAt = DateTimeOffset.UtcNow,
            EndedAt = null,
            Outcome = null,
            ExitCode = null,
        };
        try
        {
            LeaveTerminal(vm.Folder);
            vm.Folder.WriteRecord(record);
            LostMemory.Ending += () => WriteEnd(vm, record, OutcomeReport.Word(new MachineOutcome(OutcomeKind.HostFault)), ExitCodes.Internal);
            return RunToEnd(vm, record, before, reporting, origin);
        }
        catch (Exception fault)
        {
            refused?.Invoke(fault);
            using StringWriter text = new();
            int code = ErrorReport.Write(fault, text, showTrace: Environment.GetEnvironmentVariable(ErrorReport.DebugVariable) == "1");
            StandardError.Write(text.ToString());
            WriteEnd(vm, record, "failed", code);
            string line = fault is VmmException ? fault.Message : text.ToString();
            Report(reporting, $"{code} {line}");
            return code;
        }
    }

    private static int RunToEnd(LockedVm vm, VmRecord record, VmRecord before, SafeFd reporting, IMachineOrigin? origin)
    {
        MachineConfig config = MachineConfigResolver.Resolve(vm.Folder.ReadConfig());
        HostFiles.Check(config, record.EventMonitor, arrives: origin is { DisksAreHeldElsewhere: true });
        origin ??= before.Restore?.Open(config);
        VmControl? control = null;
        using StopSignals signals = new(_ => control?.Stop());
        using VmmLog log = VmmLog.Open(config, inBackground: true);
        using ConsoleHub hub = new();
        EventHub events = new(TimeProvider.System);
        using IDisposable listening = events.Subscribe(new EventFile(vm.Folder.Home.EventsFile).Add);
        using ConsoleLog console = new(hub, () => vm.Folder.ConsoleLog);
        control = new(events, log, signals, hub)
        {
            Folder = () => vm.Folder.Path,
            DebuggerAwaited = place => StandardError.Write($"vmm: {vm.Folder.Name}: {Awaiting.Debugger(place)}\n"),
            CrashHeld = crash => StandardError.Write($"vmm: {vm.Folder.Name}: {OutcomeReport.Held(crash, config)}\n"),
        };
        ControlEndPoints where = ControlEndPoints.At(record.ApiSocket, record.EventMonitor);
        using ControlEnds? ends = where == ControlEndPoints.None ? null : new ControlEnds(where, events, TimeProvider.System);
        using ControlServer server = new(vm.Folder.ControlSocket, new ControlHandler(control, vm, hub));
        control.Create(config);
        ends?.Serve(control, new RunningProcess(control), log);
        MachineOutcome outcome = control.BootHere(() =>
        {
            if (record.Arriving)
                vm.Folder.TryWriteRecord(record with { Arriving = false });
            console.Start();
            Report(reporting, BackgroundLauncher.Ready);
        }, origin, before.StartPaused);

        int code = signals.Received is int signal and not 0 ? ExitCodes.Signalled(signal) : OutcomeReport.ExitCode(outcome);
        if (OutcomeReport.Text(outcome) is string text)
            StandardError.Write($"vmm: {vm.Folder.Name}: {text}\n");
        if (config.Stats && control.Run is { } run)
            StandardError.Write(ExitStatistics.Text(run.ReadMetrics()));
        if (outcome.Fault is { } fault)
            StandardError.Write($"vmm: {vm.Folder.Name}: the machine's host side failed: {fault.Message}\n");
        // Its last bytes, too, before anybody hears that it has ended.
        console.Dispose();
        server.ExitCode = code;
        // Before the connections end: who waits for the end of one reads what is written here.
        if (record.RemoveAtEnd)
            vm.Remove();
        else
            WriteEnd(vm, record, OutcomeReport.Word(outcome), code);
        return code;
    }

    /// <remarks>Whether it has arrived meanwhile is in its folder; one that has not leaves nothing that could be started.</remarks>
    private static void WriteEnd(LockedVm vm, VmRecord record, string outcome, int code) =>
        vm.Folder.TryWriteRecord(record with { Arriving = record.Arriving && vm.Folder.ReadRecord().Arriving, EndedAt = DateTimeOffset.UtcNow, Outcome = outcome, ExitCode = code });

    private static void LeaveTerminal(VmFolder folder)
    {
        // A session of its own: what happens to the terminal that it was started from is nothing to it.
        _ = Linux.setsid();
        Directory.SetCurrentDirectory("/");
        Replace("/dev/null", Linux.O_RDONLY, Linux.StandardInput);
        Replace(folder.VmmLog, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_APPEND, Linux.StandardOutput);
        Replace(folder.VmmLog, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_APPEND, StandardError.Descriptor);
    }

    private static void Replace(string path, int flags, int number)
    {
        using SafeFd file = SafeFd.Own(Linux.open(path, flags | Linux.O_CLOEXEC | Linux.O_NOCTTY, LogMode), $"open of '{path}'");
        if (Linux.dup2(file.Number, number) < 0)
            throw HostException.Last("dup2");
    }

    private static unsafe void Report(SafeFd reporting, string text)
    {
        if (!reporting.TryHold())
            return;
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
            _ = Linux.write(reporting.Number, start, (nuint)bytes.Length);
        reporting.DangerousRelease();
        reporting.Dispose();
    }
}
