using System.Runtime.InteropServices;

namespace Vmm.Consoles;

/// <summary>The signals that ask the process to end: they end the machine in good order instead, so that disks are flushed and the terminal is restored.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly EndSignals _ends;
    private readonly List<PosixSignalRegistration> _whileItRuns = [];
    private readonly EndWish _wish = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="stop">Called with the first signal's number, on a thread of the runtime. A later signal ends the process at once.</param>
    public StopSignals(Action<int> stop)
    {
        _ends = new EndSignals((context, number) =>
        {
            EndWish.Meaning meaning = _wish.Take(number, Environment.TickCount64);
            context.Cancel = meaning != EndWish.Meaning.EndAtOnce;
            if (meaning == EndWish.Meaning.Stop)
                stop(number);
        });
    }

    /// <summary>The signal that came first; 0 for none.</summary>
    public int Received => _wish.Signal;

    /// <summary>Also tells when a stopped process goes on, or the terminal's size changes.</summary>
    public void Also(PosixSignal signal, Action act) => _whileItRuns.Add(PosixSignalRegistration.Create(signal, context =>
    {
        // Or the runtime would, after this, give a terminal the settings that it knows of.
        context.Cancel = true;
        act();
    }));

    /// <summary>
    /// The machine has ended. A new signal ends the process at once; what is left of the one that ended the machine
    /// still does not, or it would cut off what there is to say about that end.
    /// </summary>
    public void MachineEnded()
    {
        _wish.MachineEnded();
        EndWhileItRuns();
    }

    /// <summary>Gives the signals their default meaning back.</summary>
    public void Dispose()
    {
        EndWhileItRuns();
        _ends.Dispose();
    }

    private void EndWhileItRuns() => _whileItRuns.ForEach(registration => registration.Dispose());
}
