namespace Vmm.Devices.Virtio.Balloon;

/// <summary>What a balloon has done since it was made. Written by one thread at a time: the event thread, or whoever resets a device at rest. Read on any.</summary>
public sealed class BalloonCounters
{
    private long _inflatedPages;
    private long _deflatedPages;
    private long _releasedBytes;
    private long _reportedBytes;
    private long _keptBytes;
    private long _outsidePages;
    private long _repeatedPages;
    private long _oddBuffers;

    /// <summary>Pages of 4 KiB that went into the balloon.</summary>
    public long InflatedPages => Volatile.Read(ref _inflatedPages);

    /// <summary>Pages that came out of it.</summary>
    public long DeflatedPages => Volatile.Read(ref _deflatedPages);

    /// <summary>Bytes in the balloon that went back to the host.</summary>
    public long ReleasedBytes => Volatile.Read(ref _releasedBytes);

    /// <summary>Bytes that the driver reported as free and that went back to the host.</summary>
    public long ReportedBytes => Volatile.Read(ref _reportedBytes);

    /// <summary>Bytes that the guest gave up and the host could not take: reported parts of huge pages, poisoned pages, memory that is locked.</summary>
    public long KeptBytes => Volatile.Read(ref _keptBytes);

    /// <summary>Page numbers and reports that were not RAM: skipped.</summary>
    public long OutsidePages => Volatile.Read(ref _outsidePages);

    /// <summary>Pages that were put in twice, or taken out without being in: skipped.</summary>
    public long RepeatedPages => Volatile.Read(ref _repeatedPages);

    /// <summary>Buffers whose length is no whole number of entries, or beyond what there can be; the rest was skipped.</summary>
    public long OddBuffers => Volatile.Read(ref _oddBuffers);

    internal void NoteInflated(long pages) => Add(ref _inflatedPages, pages);

    internal void NoteDeflated(long pages) => Add(ref _deflatedPages, pages);

    internal void NoteReleased(ulong bytes) => Add(ref _releasedBytes, (long)bytes);

    internal void NoteReported(ulong bytes) => Add(ref _reportedBytes, (long)bytes);

    internal void NoteKept(ulong bytes) => Add(ref _keptBytes, (long)bytes);

    internal void NoteOutside() => Add(ref _outsidePages, 1);

    internal void NoteRepeated() => Add(ref _repeatedPages, 1);

    internal void NoteOdd() => Add(ref _oddBuffers, 1);

    private static void Add(ref long counter, long amount) => Volatile.Write(ref counter, counter + amount);
}
