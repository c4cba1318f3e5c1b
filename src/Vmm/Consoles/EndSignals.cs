using System.Runtime.InteropServices;

namespace Vmm.Consoles;

/// <summary>The signals that ask a process to end: SIGHUP, SIGINT, SIGQUIT, SIGTERM. They have their default meaning again once this is disposed of.</summary>
internal sealed class EndSignals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] s_all =
        [(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)];

    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Begins to listen.</summary>
    /// <param name="take">Told of each, with its number, on a thread of the runtime; says by the context whether the process ends by it.</param>
    public EndSignals(Action<PosixSignalContext, int> take)
    {
        foreach ((PosixSignal signal, int number) in s_all)
            _registrations.Add(PosixSignalRegistration.Create(signal, context => take(context, number)));
    }

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());
}
