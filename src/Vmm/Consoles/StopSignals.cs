using System.Runtime.InteropServices;

namespace Vmm.Consoles;

/// <summary>The signals that ask the process to end: they end the machine in good order instead, so that disks are flushed and the terminal is restored.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int Quit = 3;
    private const int Terminate = 15;
    /// <summary>
    /// One wish to end may come as several signals: timeout(1) sends its own to the process and to its group, a closed
    /// terminal sends SIGHUP from the kernel and from the shell.
    /// </summary>
    private const long SameWishMilliseconds = 1000;

    private const PosixSignal FileTooLarge = (PosixSignal)25;

    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _received;
    private long _receivedAt;

    /// <summary>Begins to listen.</summary>
    /// <param name="stop">Called with the first signal's number, on a thread of the runtime. A later signal ends the process at once.</param>
    public StopSignals(Action<int> stop)
    {
        Listen(PosixSignal.SIGHUP, Hangup, stop);
        Listen(PosixSignal.SIGINT, Interrupt, stop);
        Listen(PosixSignal.SIGQUIT, Quit, stop);
        Listen(PosixSignal.SIGTERM, Terminate, stop);
        // SIGXFSZ: a file over the user's limit (ulimit -f) is a write that fails, for the guest's disk or a log. No reason to end.
        _registrations.Add(PosixSignalRegistration.Create(FileTooLarge, static context => context.Cancel = true));
    }

    /// <summary>The signal that came first; 0 for none.</summary>
    public int Received => Volatile.Read(ref _received);

    /// <summary>Also tells when a stopped process goes on, or the terminal's size changes.</summary>
    public void Also(PosixSignal signal, Action act) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, _ => act()));

    /// <summary>Gives the signals their default meaning back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Listen(PosixSignal signal, int number, Action<int> stop) =>
        _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            bool first = Interlocked.CompareExchange(ref _received, number, 0) == 0;
            if (first)
                Volatile.Write(ref _receivedAt, Environment.TickCount64);
            // Zero: the first one is being taken on another thread right now.
            long since = Volatile.Read(ref _receivedAt);
            context.Cancel = since == 0 || Environment.TickCount64 - since < SameWishMilliseconds;
            if (first)
                stop(number);
        }));
}
