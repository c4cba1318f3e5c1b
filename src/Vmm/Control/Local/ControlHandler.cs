using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Registry;

namespace Vmm.Control.Local;

/// <summary>What the control socket's requests do.</summary>
/// <param name="control">The VM.</param>
/// <param name="vm">Its folder.</param>
/// <param name="hub">Its console; null for one whose console is a terminal.</param>
internal sealed class ControlHandler(VmControl control, LockedVm vm, ConsoleHub? hub)
{
    private const double NanosecondsPerTick = 1e9;

    /// <summary>Does what is asked and answers.</summary>
    /// <returns>Whether the connection goes on with another request.</returns>
    public bool Answer(ControlRequest request, ControlStream stream)
    {
        // Asked while this process was stopped, say, and given up since.
        if (stream.IsGone)
            return false;
        ControlReply reply;
        try
        {
            if (request.Verb == ControlVerb.Console)
                return ServeConsole(stream);
            if (request.Verb == ControlVerb.Trace)
            {
                if (request.Trace is not { Filter.IsSound: true } wanted)
                    throw new VmmException("trace: which exits?", ExitCodes.Usage);
                TraceServing serving = new(stream);
                // What the guest did last is wanted, too: the end of the VM waits for it a little.
                stream.HasLastWords = true;
                control.Trace(wanted, serving, serving.HadEnough);
                return false;
            }
            if (request.Verb == ControlVerb.Migrate)
                return Migrate(request, stream);
            stream.IsAnswering = true;
            reply = Do(request, stream);
        }
        catch (VmmException refused)
        {
            reply = new() { Error = refused.Message, ExitCode = refused.ExitCode };
        }
        catch (Exception fault) when (fault is HostException or IOException or UnauthorizedAccessException)
        {
            // The request failed; the VM goes on.
            reply = new() { Error = fault.Message, ExitCode = ExitCodes.StartFailed };
        }
        catch (Exception fault)
        {
            // So did this one, though by a mistake of ours: whoever asked is told, and the guest does not pay for it.
            reply = new() { Error = $"{request.Verb} failed by a fault in vmm ({fault.GetType().Name}: {fault.Message}); the VM goes on; please report it", ExitCode = ExitCodes.Internal };
        }
        bool goesOn = stream.TrySend(reply, ControlJson.Default.ControlReply);
        stream.IsAnswering = false;
        return goesOn;
    }

    private ControlReply Do(ControlRequest request, ControlStream stream)
    {
        switch (request.Verb)
        {
            case ControlVerb.Status:
                return new() { Status = Status() };
            case ControlVerb.Config:
                return new() { Config = control.ConfigNow };
            case ControlVerb.Metrics:
                return new() { Metrics = control.Run?.ReadMetrics() ?? throw new VmmException($"'{vm.Folder.Name}' has not run yet: nothing was counted") };
            case ControlVerb.Pause:
                return new() { PausedInMicroseconds = control.Pause().TotalMicroseconds };
            case ControlVerb.Resume:
                control.Resume(request.Force);
                break;
            case ControlVerb.PowerButton:
                control.PowerButton();
                break;
            case ControlVerb.Nmi:
                control.Nmi();
                break;
            case ControlVerb.Reboot:
                control.Reboot();
                break;
            case ControlVerb.Link:
                control.SetLink(request.Net, request.Link ?? throw new VmmException("link: is it to be up or down?", ExitCodes.Usage));
                break;
            case ControlVerb.Wait:
                stream.IsPatient = true;
                break;
            case ControlVerb.Kill:
                control.Stop();
                break;
            case ControlVerb.Limit:
                control.Limit(request.Device ?? "", request.Limit);
                break;
            case ControlVerb.Balloon when request.BalloonBytes is ulong bytes:
                control.ResizeBalloon(new ByteSize(bytes));
                break;
            case ControlVerb.Balloon:
                return new() { Balloon = control.ReadBalloon() };
            case ControlVerb.RenewGeneration:
                control.RenewGeneration();
                break;
            case ControlVerb.Snapshot:
                return new() { Snapshot = control.TakeSnapshot(request.Snapshot ?? throw new VmmException("snapshot: where to?", ExitCodes.Usage), () => stream.WaitForMore(TimeSpan.Zero)) };
            case ControlVerb.Inspect:
                return new() { Inspect = control.Inspect(request.Inspect ?? throw new VmmException("inspect: what?", ExitCodes.Usage)) };
            case ControlVerb.Coredump:
                return new() { Coredump = control.TakeCoredump(request.Coredump ?? throw new VmmException("coredump: where to?", ExitCodes.Usage), () => stream.WaitForMore(TimeSpan.Zero)) };
            case ControlVerb.MigrationProgress:
                return new() { MigrationProgress = control.Migration };
            case ControlVerb.CancelMigration:
                control.CancelMigration();
                break;
            case ControlVerb.Rename:
                vm.Rename(request.Name ?? "");
                control.Rename(request.Name!);
                break;
            default:
                throw new VmmException($"'{request.Verb}' is not possible here", ExitCodes.Usage);
        }
        return new();
    }

    private VmStatus Status()
    {
        MachineRun? run = control.Run;
        return new()
        {
            Name = vm.Folder.Name,
            State = control.State,
            Pid = Environment.ProcessId,
            Vcpus = control.Config?.Cpus.Count ?? 0,
            MemoryBytes = control.Config?.Memory.Size.Bytes ?? 0,
            UptimeMilliseconds = (long)control.Uptime.TotalMilliseconds,
            TakenAtNanoseconds = (long)(Stopwatch.GetTimestamp() * (NanosecondsPerTick / Stopwatch.Frequency)),
            CpuNanoseconds = HostClock.ProcessCpuNanoseconds,
            Exits = run?.Exits ?? 0,
            Resets = run?.Resets ?? 0,
            GenerationId = run?.GenerationId,
            NetAddresses = run?.NetAddresses?.Select(address => address.ToString()).ToList(),
            IsArriving = run?.IsArriving == true,
            Migration = control.MigrationStatus,
            Debugger = run?.DebuggerPlace is { } place ? new DebuggerStatus(place, run.IsDebugged) : null,
        };
    }

    /// <summary>Answers before the guest's run ends here: this process ends with it.</summary>
    private bool Migrate(ControlRequest request, ControlStream stream)
    {
        bool answered = false;
        MigrationRequest migration = request.Migration ?? throw new VmmException("migrate: where to?", ExitCodes.Usage);
        control.Migrate(migration, migration.PassesConnection ? stream.ReceiveDescriptor() : null,
            result => answered = stream.TrySend(new ControlReply { Migration = result }, ControlJson.Default.ControlReply));
        return answered;
    }

    private bool ServeConsole(ControlStream stream)
    {
        if (hub is null)
            throw new VmmException($"the console of '{vm.Folder.Name}' is the terminal that it was started at (process {Environment.ProcessId}); only VMs in the background have one to attach to");
        if (stream.TrySend(new ControlReply(), ControlJson.Default.ControlReply))
            new ConsoleServing(hub, stream).Run();
        return false;
    }
}
