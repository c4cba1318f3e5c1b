using Vmm.Consoles;
using Vmm.Migration.Receiving;

namespace Vmm.Cli.Machines;

/// <summary>The signals that end a wait for a VM, and a migration to here, in good order: the source is told, and the socket's file goes. Once the guest runs they are its session's.</summary>
internal sealed class ReceiverSignals : IDisposable
{
    private readonly EndSignals _ends;
    private readonly EndWish _wish = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="receiver">What is ended.</param>
    public ReceiverSignals(MigrationReceiver receiver) => _ends = new EndSignals((context, number) =>
    {
        EndWish.Meaning meaning = _wish.Take(number, Environment.TickCount64);
        // The session, if there is one, thinks the same of it: whoever says so first, a second wish ends the process.
        if (meaning == EndWish.Meaning.EndAtOnce)
            return;
        context.Cancel = true;
        if (meaning == EndWish.Meaning.Stop)
            receiver.Stop($"{context.Signal}");
    });

    /// <summary>The signal that came first; 0 for none.</summary>
    public int Received => _wish.Signal;

    /// <inheritdoc/>
    public void Dispose() => _ends.Dispose();
}
