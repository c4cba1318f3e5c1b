using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;

namespace Vmm.Snapshot.Memory;

/// <summary>
/// Gives a guest its RAM while it already runs: a page that is touched before it is there is read from its source, or asked
/// for; others are placed by whoever has them, in any order and on any thread, until all are there.
/// </summary>
/// <remarks>
/// A vCPU that waits for a page waits in KVM_RUN; the devices' threads wait in a system call (<see cref="PresentPages"/>). Pages
/// are not given back to the host meanwhile: they would come a second time. A source that fails is told to <c>onFault</c>, and
/// whoever waits goes on waiting: the machine has to be ended before this is disposed of.
/// </remarks>
internal sealed unsafe class PageServer : IEventHandler, IDisposable
{
    private const int AtOnce = 16;

    private readonly GuestRam _ram;
    private readonly IPageSource _source;
    private readonly Userfault _userfault;
    private readonly EventLoop _loop;
    private readonly IDisposable _watch;
    private readonly DirtyBitmap _placed;
    private readonly DirtyBitmap _asked;
    private readonly byte[] _page;
    private readonly byte[] _zeros;
    private readonly bool _canPlaceZeros;
    private readonly Linux.uffd_msg[] _messages = new Linux.uffd_msg[AtOnce];
    private readonly ManualResetEventSlim _completed = new();
    private readonly FaultTimes _times = new();
    private ulong _left;
    private long _faults;
    private volatile bool _disposed;

    /// <summary>Begins to serve.</summary>
    /// <param name="ram">Untouched: anonymous, a memfd, or huge pages; not prefaulted and not mapped from a file.</param>
    /// <param name="source">Where its pages come from.</param>
    /// <param name="onFault">Told on the serving thread that a page could not be had.</param>
    /// <param name="missing">
    /// The pages that are to come, and that are taken out of RAM if they are there: nobody touches it before this returns. All
    /// others are right as they are. Null for all pages. Whole ones of <see cref="GuestRam.PageSize"/>.
    /// </param>
    /// <exception cref="VmmException">The host does not allow it.</exception>
    public PageServer(GuestRam ram, IPageSource source, Action<Exception> onFault, DirtyBitmap? missing = null)
    {
        (_ram, _source, _left) = (ram, source, missing is null ? ram.Length : missing.Count() * DirtyBitmap.PageSize);
        _placed = new DirtyBitmap(ram.Length);
        _asked = new DirtyBitmap(ram.Length);
        _page = GC.AllocateUninitializedArray<byte>((int)ram.PageSize, pinned: true);
        _zeros = GC.AllocateArray<byte>((int)ram.PageSize, pinned: true);
        _userfault = Userfault.Open("memory on demand", FeaturesFor(ram));
        _loop = new EventLoop("pages", onFault);
        try
        {
            ulong calls = _userfault.Register(ram.Start, ram.Length, Linux.UFFDIO_REGISTER_MODE_MISSING);
            _canPlaceZeros = (calls >> Linux._UFFDIO_ZEROPAGE & 1) != 0;
            if (missing is not null)
                Discard(missing);
            _watch = _loop.Add(_userfault.Fd, Linux.EPOLLIN, this);
            ram.KeepsPages = true;
            ram.Memory.AwaitPagesBy(PresentPages.Instance);
            if (_left == 0)
                Complete();
        }
        catch
        {
            _loop.Dispose();
            _userfault.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the pages that are placed.</summary>
    public ulong PageSize => _ram.PageSize;

    /// <summary>The UFFD_FEATURE_ bits that the host's kernel needs for a guest's RAM.</summary>
    public static ulong FeaturesFor(GuestRam ram) =>
        ram.PageSize != MemoryLayout.PageSize ? Linux.UFFD_FEATURE_MISSING_HUGETLBFS
        : ram.File is not null ? Linux.UFFD_FEATURE_MISSING_SHMEM
        : 0;

    /// <summary>Set when all pages are there: nobody waits any more, and this can be disposed of.</summary>
    public WaitHandle Completed => _completed.WaitHandle;

    /// <summary>Whether all pages are there.</summary>
    public bool IsComplete => _completed.IsSet;

    /// <summary>Bytes that are still to come.</summary>
    public ulong Left => Volatile.Read(ref _left);

    /// <summary>Faults that were served or asked for.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>How long who touched a missing page had to wait, from when that was told to when the page was in place.</summary>
    public FaultTimes Times => _times;

    /// <summary>Marks the pages that are not there yet.</summary>
    public void MarkMissing(DirtyBitmap into)
    {
        for (int i = 0; i < into.Words.Length; i++)
            into.Words[i] |= ~_placed.Words[i];
        // The last word may have bits that no page belongs to.
        if (into.PageCount % 64 is ulong rest and not 0)
            into.Words[^1] &= ulong.MaxValue >> (int)(64 - rest);
    }

    /// <summary>Asks the source again for every page that somebody waits for: what was asked before may have been lost.</summary>
    public void AskAgain()
    {
        DirtyBitmap waited = new(_ram.Length);
        for (int i = 0; i < waited.Words.Length; i++)
            waited.Words[i] = _asked.Words[i] & ~_placed.Words[i];
        byte[] page = GC.AllocateUninitializedArray<byte>((int)_ram.PageSize, pinned: true);
        for (ulong from = 0; waited.TryTakeRun(ref from, out ulong start, out ulong length);)
        {
            for (ulong at = start; at < start + length; at += _ram.PageSize)
            {
                if (_source.TryRead(at, page))
                    Place(at, page);
            }
        }
    }

    /// <summary>Places pages. What is there already stays as it is: it may have been written since.</summary>
    /// <param name="offset">Where in RAM; a multiple of <see cref="GuestRam.PageSize"/>, as is the length.</param>
    /// <param name="pages">Their content; runs of zeros need not be told apart.</param>
    public void Place(ulong offset, ReadOnlySpan<byte> pages)
    {
        CheckRange(offset, (ulong)pages.Length);
        int size = (int)_ram.PageSize;
        fixed (byte* start = pages)
        {
            for (int done = 0; done < pages.Length;)
            {
                // Zeros share one page of the host's until they are written.
                bool isZero = MemoryChunks.IsZero(pages.Slice(done, size));
                int end = done + size;
                while (end < pages.Length && MemoryChunks.IsZero(pages.Slice(end, size)) == isZero)
                    end += size;
                if (isZero)
                    PlaceZeros(offset + (ulong)done, (ulong)(end - done));
                else
                    PlaceNow(offset + (ulong)done, start + done, (ulong)(end - done));
                done = end;
            }
        }
    }

    /// <summary>Places pages of zeros, as <see cref="Place"/> does.</summary>
    public void PlaceZeros(ulong offset, ulong length)
    {
        CheckRange(offset, length);
        if (_canPlaceZeros)
        {
            PlaceNow(offset, null, length);
            return;
        }
        fixed (byte* zeros = _zeros)
        {
            for (ulong done = 0; done < length; done += _ram.PageSize)
                PlaceNow(offset + done, zeros, _ram.PageSize);
        }
    }

    /// <summary>Whether a page is there.</summary>
    public bool IsPlaced(ulong offset) => _placed.IsMarked(offset);

    /// <summary>
    /// Reads all that is left from the source and places it, in order, until everything is there. For a source that has all at hand. <see cref="Completed"/> is
    /// set a moment later where the serving thread has placed a page meanwhile, and not counted it yet.
    /// </summary>
    /// <param name="stop">Ends it early, when set; null for nothing.</param>
    public void Fill(WaitHandle? stop = null)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Max(MemoryChunks.Size, _ram.PageSize), pinned: true);
        for (ulong at = 0; at < _ram.Length && !_disposed && stop?.WaitOne(TimeSpan.Zero) != true;)
        {
            ulong end = at;
            while (end < _ram.Length && end - at < (ulong)buffer.Length && !IsPlaced(end))
                end += _ram.PageSize;
            if (end == at)
            {
                at += _ram.PageSize;
                continue;
            }
            Span<byte> pages = buffer.AsSpan(0, (int)(end - at));
            if (_source.TryRead(at, pages))
                Place(at, pages);
            at = end;
        }
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        int count = _userfault.Read(_messages);
        for (int i = 0; i < count; i++)
        {
            if (_messages[i].@event == Linux.UFFD_EVENT_PAGEFAULT)
                Serve((_messages[i].arg.address - (ulong)_ram.Start) & ~(_ram.PageSize - 1));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _watch.Dispose();
        _loop.Dispose();
        _userfault.Dispose();
        _ram.Memory.AwaitPagesBy(null);
        _ram.KeepsPages = false;
        _completed.Dispose();
    }

    private void Serve(ulong offset)
    {
        Interlocked.Increment(ref _faults);
        if (IsPlaced(offset))
        {
            ServePresent(offset);
            return;
        }
        if (_asked.IsMarked(offset))
            return;
        _times.Begin(offset);
        _asked.Mark(offset, _ram.PageSize);
        if (IsPlaced(offset))
        {
            _times.End(offset, _ram.PageSize);
            ServePresent(offset);
            return;
        }
        if (_source.TryRead(offset, _page))
            Place(offset, _page);
    }

    /// <summary>It came while the message was on its way; or it was not to come, and nobody has touched it yet: zeros.</summary>
    private void ServePresent(ulong offset)
    {
        try
        {
            ulong placed;
            fixed (byte* zeros = _zeros)
                placed = IsComplete ? 0 : _userfault.Place(At(offset), _canPlaceZeros ? null : zeros, _ram.PageSize, _ram.PageSize);
            if (placed == 0 && !IsComplete)
                _userfault.Wake(At(offset), _ram.PageSize);
        }
        catch (HostException late) when (late.Errno == Errno.ENOENT && Left == 0)
        {
            // The last one was placed meanwhile: nobody waits any more.
        }
    }

    private void Discard(DirtyBitmap missing)
    {
        RamReleaser releaser = new(_ram);
        _placed.Mark(0, _ram.Length);
        for (ulong from = 0; missing.TryTakeRun(ref from, out ulong start, out ulong length);)
        {
            _placed.Unmark(start, length);
            if (!releaser.Release(At(start), length))
                throw new VmmException($"memory on demand: {length} bytes of RAM at 0x{start:x} cannot be taken out again");
        }
    }

    private void PlaceNow(ulong offset, byte* content, ulong length)
    {
        ulong placed;
        try
        {
            placed = _userfault.Place(At(offset), content, length, _ram.PageSize);
        }
        catch (HostException late) when (late.Errno == Errno.ENOENT && Left == 0)
        {
            // Another thread has just placed the last one.
            return;
        }
        _placed.Mark(offset, length);
        _times.End(offset, length);
        if (placed > 0 && Interlocked.Add(ref _left, unchecked(0 - placed)) == 0)
            Complete();
    }

    private void Complete()
    {
        _userfault.Unregister(_ram.Start, _ram.Length);
        _ram.Memory.AwaitPagesBy(null);
        _ram.KeepsPages = false;
        _completed.Set();
    }

    private nint At(ulong offset) => _ram.Start + (nint)offset;

    private void CheckRange(ulong offset, ulong length)
    {
        if (offset > _ram.Length || length > _ram.Length - offset || ((offset | length) & (_ram.PageSize - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes there are not whole pages of RAM");
    }
}
