namespace Vmm.Consoles;

/// <summary>The user's wish that the machine ends, told by signals. One wish may come as several of them.</summary>
/// <remarks>timeout(1) sends its own to the process and to its group, a closed terminal sends SIGHUP from the kernel and from the shell.</remarks>
internal sealed class EndWish
{
    /// <summary>Signals no further apart than this, in milliseconds, are one wish.</summary>
    public const long SameMilliseconds = 1000;

    private int _signal;
    private long _at;
    private bool _over;

    /// <summary>What a signal means.</summary>
    public enum Meaning
    {
        /// <summary>The first: the machine is to be stopped in good order.</summary>
        Stop,

        /// <summary>Nothing new.</summary>
        Same,

        /// <summary>The process is to end at once, by the signal's default meaning.</summary>
        EndAtOnce,
    }

    /// <summary>The signal that came first; 0 for none.</summary>
    public int Signal => Volatile.Read(ref _signal);

    /// <summary>The machine has ended: there is nothing that a new wish could stop but the process.</summary>
    public void MachineEnded() => Volatile.Write(ref _over, true);

    /// <summary>Takes a signal; on any thread.</summary>
    /// <param name="signal">Its number.</param>
    /// <param name="now">Milliseconds of any clock that only goes forward, above 0.</param>
    public Meaning Take(int signal, long now)
    {
        if (Volatile.Read(ref _over) && Signal == 0)
            return Meaning.EndAtOnce;
        if (Interlocked.CompareExchange(ref _signal, signal, 0) == 0)
        {
            Volatile.Write(ref _at, now);
            return Meaning.Stop;
        }
        // Zero: the first one is being taken on another thread right now.
        long at = Volatile.Read(ref _at);
        return at == 0 || now - at < SameMilliseconds ? Meaning.Same : Meaning.EndAtOnce;
    }
}
