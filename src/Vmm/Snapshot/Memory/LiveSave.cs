using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;

namespace Vmm.Snapshot.Memory;

/// <summary>
/// Saves RAM as it was at one moment while the guest runs on: all of it is write-protected then, and whoever writes a page
/// that was not saved yet waits until it is.
/// </summary>
/// <remarks>
/// <code>
/// machine held, devices at rest ─▶ new LiveSave ─▶ machine goes on ─▶ Save ─▶ Dispose
/// </code>
/// A page that is written early goes into the file by itself, at its place, and is read from there when its chunk is summed: no
/// memory is needed for it, however much the guest writes. The thread that serves faults never writes RAM. Threads of ours
/// that write RAM wait for it in system calls only (<see cref="PresentPages"/>). Huge pages of the host's, where it uses them unasked, are
/// split by this and come back later. The balloon keeps its pages meanwhile.
/// </remarks>
internal sealed unsafe class LiveSave : IEventHandler, IDisposable
{
    private const int AtOnce = 16;
    private const ulong PageSize = DirtyBitmap.PageSize;

    /// <summary>Bytes that are copied in one go; a guest that writes meanwhile waits for so much.</summary>
    private const int Piece = 64 << 10;

    private readonly GuestRam _ram;
    private readonly SparseFile _file;
    private readonly DirtyBitmap _wanted;
    private readonly DirtyBitmap _touched;
    private readonly DirtyBitmap _taken;
    private readonly DirtyBitmap _early;
    private readonly Userfault _userfault;
    private readonly EventLoop _loop;
    private readonly IDisposable _watch;
    private readonly Linux.uffd_msg[] _messages = new Linux.uffd_msg[AtOnce];
    private readonly Lock _taking = new();
    private readonly byte[] _chunk = GC.AllocateUninitializedArray<byte>(MemoryChunks.Size, pinned: true);
    private Exception? _failure;
    private long _faults;
    private bool _isOver;
    private bool _disposed;

    /// <summary>Protects RAM. vCPUs are held and devices at rest; both may go on when this returns.</summary>
    /// <param name="ram">The RAM. Not mapped from a file (<see cref="Supports"/>).</param>
    /// <param name="file">Open for reading and writing; what it had is lost.</param>
    /// <param name="only">The pages that the file is to have; null for all.</param>
    /// <exception cref="VmmException">The host does not allow it; RAM is as it was.</exception>
    public LiveSave(GuestRam ram, SparseFile file, DirtyBitmap? only = null)
    {
        if (!Supports(ram))
            throw new VmmException("a live snapshot of a machine whose memory is mapped from a snapshot is not possible: read it when it is restored, or take a snapshot while the machine is held");
        (_ram, _file) = (ram, file);
        _wanted = only ?? MemoryFileWriter.AllOf(ram.Length);
        _touched = TouchedPages.Of(ram);
        _taken = new DirtyBitmap(ram.Length);
        _early = new DirtyBitmap(ram.Length);
        file.Empty(ram.Length);
        bool ofFile = ram.File is not null || ram.PageSize != PageSize;
        _userfault = Userfault.Open("a live snapshot", Linux.UFFD_FEATURE_PAGEFAULT_FLAG_WP | (ofFile ? Linux.UFFD_FEATURE_WP_HUGETLBFS_SHMEM : 0));
        _loop = new EventLoop("live-save", failure => Fail(failure));
        try
        {
            _userfault.Register(ram.Start, ram.Length, Linux.UFFDIO_REGISTER_MODE_WP);
            _watch = _loop.Add(_userfault.Fd, Linux.EPOLLIN, this);
            ram.KeepsPages = true;
            ram.Memory.AwaitPagesBy(PresentPages.Instance);
            // Pages that nobody touched are zeros, and those that come from now on are of no interest.
            _userfault.Protect(ram.Start, ram.Length, on: true);
        }
        catch (HostException refused)
        {
            // Closing it unregisters what was registered, and nobody writes yet.
            _isOver = true;
            _watch?.Dispose();
            _loop.Dispose();
            _userfault.Dispose();
            ram.Memory.AwaitPagesBy(null);
            ram.KeepsPages = false;
            throw new VmmException($"a live snapshot is not possible on this host: {refused.Message}", cause: refused);
        }
    }

    /// <summary>Pages that were written before they had their turn.</summary>
    public long Faults => Volatile.Read(ref _faults);

    /// <summary>Whether RAM can be saved live: not when it is mapped from a file, which the kernel does not write-protect.</summary>
    public static bool Supports(GuestRam ram) => !ram.IsMappedFromFile;

    /// <summary>Saves all of it; the guest runs meanwhile, and is free of this when it returns or throws.</summary>
    /// <param name="progress">Told after each chunk how many bytes of RAM are done.</param>
    /// <exception cref="VmmException">It cannot be written.</exception>
    public MemoryFileSums Save(Action<ulong>? progress = null)
    {
        try
        {
            ChunkWriter writer = new(_file, MemoryFileWriter.CountBoth(_touched, _wanted) * PageSize);
            ulong[] sums = new ulong[MemoryChunks.CountOf(_ram.Length)];
            for (int chunk = 0; chunk < sums.Length; chunk++)
            {
                ulong offset = (ulong)chunk * MemoryChunks.Size;
                int length = MemoryChunks.LengthOf(chunk, _ram.Length);
                Take(offset, length);
                if (Volatile.Read(ref _failure) is { } failure)
                    throw failure as VmmException ?? new VmmException($"a live snapshot failed: {failure.Message}", cause: failure);
                sums[chunk] = writer.Write(offset, _chunk.AsSpan(0, length), MemoryChunks.BitsOf(chunk, _wanted), MemoryChunks.BitsOf(chunk, _touched));
                progress?.Invoke(offset + (ulong)length);
            }
            return new MemoryFileSums(sums, writer.Written);
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        int count = _userfault.Read(_messages);
        for (int i = 0; i < count; i++)
        {
            ref Linux.uffd_msg message = ref _messages[i];
            if (message.@event != Linux.UFFD_EVENT_PAGEFAULT)
                continue;
            Interlocked.Increment(ref _faults);
            ulong size = _ram.PageSize;
            ulong offset = (message.arg.address - (ulong)_ram.Start) & ~(size - 1);
            lock (_taking)
            {
                if (_isOver)
                    return;
                for (ulong page = offset; page < offset + size; page += PageSize)
                    SaveEarly(page);
            }
            LetWrite(offset, size);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        End();
        _watch.Dispose();
        _loop.Dispose();
        _userfault.Dispose();
    }

    /// <summary>On the thread that serves faults: it may read RAM, which is protected against writes alone.</summary>
    private void SaveEarly(ulong page)
    {
        if (_taken.IsMarked(page) || !_wanted.IsMarked(page) || !_touched.IsMarked(page))
            return;
        ReadOnlySpan<byte> content = new((byte*)_ram.Start + page, (int)PageSize);
        // A failure ends the loop, and Fail lets everybody go on: the guest does not suffer from a full disk.
        if (!MemoryChunks.IsZero(content))
            _file.Write(page, content, PageSize);
        _early.Mark(page, PageSize);
        _taken.Mark(page, PageSize);
    }

    /// <summary>Copies a chunk as it was, and lets it be written.</summary>
    private void Take(ulong offset, int length)
    {
        for (int done = 0; done < length; done += Piece)
        {
            ulong at = offset + (ulong)done;
            int piece = Math.Min(Piece, length - done);
            lock (_taking)
            {
                if (_isOver)
                    return;
                for (int page = done; page < done + piece; page += (int)PageSize)
                    TakePage(offset + (ulong)page, _chunk.AsSpan(page, (int)PageSize));
                _taken.Mark(at, (ulong)piece);
            }
            // Host pages of 2 MiB can be let go only in one.
            if (_ram.PageSize == PageSize)
                LetWrite(at, (ulong)piece);
        }
        ulong end = offset + (ulong)length;
        if (_ram.PageSize != PageSize && end % _ram.PageSize == 0)
            LetWrite(end - _ram.PageSize, _ram.PageSize);
    }

    private void LetWrite(ulong offset, ulong length)
    {
        try
        {
            _userfault.Protect(_ram.Start + (nint)offset, length, on: false);
        }
        catch (HostException late) when (late.Errno == Errno.ENOENT && Volatile.Read(ref _isOver))
        {
            // Another thread has just let go of all.
        }
    }

    private void TakePage(ulong page, Span<byte> into)
    {
        if (!_touched.IsMarked(page) || !_wanted.IsMarked(page))
            return;
        if (_early.IsMarked(page))
            _file.Read(page, into);
        else
            new ReadOnlySpan<byte>((byte*)_ram.Start + page, (int)PageSize).CopyTo(into);
    }

    private void Fail(Exception failure)
    {
        Volatile.Write(ref _failure, failure);
        End();
    }

    /// <summary>Lets all of RAM be written, and whoever waits go on.</summary>
    private void End()
    {
        lock (_taking)
        {
            if (_isOver)
                return;
            _isOver = true;
        }
        // Unregistering alone leaves those asleep who wait to write.
        _userfault.Protect(_ram.Start, _ram.Length, on: false);
        _userfault.Unregister(_ram.Start, _ram.Length);
        _ram.Memory.AwaitPagesBy(null);
        _ram.KeepsPages = false;
    }
}
