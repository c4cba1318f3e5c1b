using Vmm.Api;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Host;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary><c>vmm --api-socket PATH</c>: a process without a VM, until the API creates one. It stays when a guest's run ends.</summary>
internal sealed class EmptySession : IVmmProcess, IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private MachineOutcome? _broken;

    private EmptySession()
    {
    }

    /// <inheritdoc/>
    public bool LivesWithItsVm => false;

    /// <inheritdoc/>
    public CancellationToken Ending => _end.Token;

    /// <inheritdoc/>
    public void End() => _end.Cancel();

    /// <summary>Serves until it is told to end.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(ControlEndPoints where)
    {
        using EmptySession session = new();
        return session.Serve(where);
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();

    private int Serve(ControlEndPoints where)
    {
        using VmmLog log = VmmLog.Open(MachineConfigResolver.Resolve(new()));
        EventHub events = new(TimeProvider.System);
        using ControlEnds ends = new(where, events, TimeProvider.System);
        using StopSignals signals = new(_ => End());
        using VmControl control = new(events, log, signals);
        using IDisposable watch = events.Subscribe(what => Watch(control, what));
        ends.Serve(control, this, log);
        _end.Token.WaitHandle.WaitOne();
        // A migration, too, whatever it waits for.
        control.Stop();
        control.Dispose();
        if (_broken?.Fault is Exception fault)
            throw fault is VmmException ? fault : new InvalidOperationException($"the machine's host side failed: {fault.Message}", fault);
        return signals.Received is int signal and not 0 ? ExitCodes.Signalled(signal) : ExitCodes.PoweredOff;
    }

    /// <summary>Tells how a guest's run ended. After a fault of the host's side nothing can be taken apart: the process ends.</summary>
    private void Watch(VmControl control, MachineEvent what)
    {
        if (what is not { Source: "vm", Name: "shutdown" } || control.Outcome is not { } outcome)
            return;
        if (OutcomeReport.Text(outcome) is string report)
            StandardError.Write($"vmm: {what.Machine}: {report}\n");
        if (outcome.Kind != OutcomeKind.HostFault)
            return;
        _broken = outcome;
        End();
    }
}
