using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Host;
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
        ControlReply reply;
        try
        {
            if (request.Verb == ControlVerb.Console)
                return ServeConsole(stream);
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
        return stream.TrySend(reply, ControlJson.Default.ControlReply);
    }

    private ControlReply Do(ControlRequest request, ControlStream stream)
    {
        switch (request.Verb)
        {
            case ControlVerb.Status:
                return new() { Status = Status() };
            case ControlVerb.Config:
                return new() { Config = control.Config };
            case ControlVerb.Metrics:
                return new() { Metrics = control.Run?.ReadMetrics() ?? throw new VmmException($"'{vm.Folder.Name}' has not run yet: nothing was counted") };
            case ControlVerb.Pause:
                return new() { PausedInMicroseconds = control.Pause().TotalMicroseconds };
            case ControlVerb.Resume:
                control.Resume();
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
            case ControlVerb.Wait:
                stream.IsPatient = true;
                break;
            case ControlVerb.Kill:
                control.Stop();
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
        };
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
