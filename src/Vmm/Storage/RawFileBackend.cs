using System.Diagnostics;
using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>A raw image as a guest's disk: byte for byte what is in the file or on the device.</summary>
/// <remarks>
/// Handing a request to another thread costs more than a page-cache hit. So the caller's thread does what can be done
/// without waiting: reads by RWF_NOWAIT, writes as long as they prove quick (<see cref="InlinePolicy"/>), anything when
/// the caller has nothing else to do. The rest goes to a ring of the kernel's (<see cref="RingRequests"/>) or, where there is
/// none and for what it cannot do, to <see cref="BlockWorkers"/>: requests wait side by side and complete out of order.
/// </remarks>
internal sealed class RawFileBackend : IBlockBackend, IEventHandler, IDisposable
{
    private readonly IImageFile _file;
    private readonly ImageFacts _facts;
    private readonly ImageTransfer _transfer;
    private readonly RangeEraser _eraser;
    private readonly BlockWorkers _workers;
    private readonly DiskEngine _engine;
    private readonly InlinePolicy _inlineReads = new();
    private readonly InlinePolicy _inlineWrites = new();
    private EventLoop? _loop;
    private IDoorbellTarget? _device;
    private RingRequests? _ring;
    private IDisposable? _watch;
    private bool _askedForRing;

    /// <summary>Takes an open image.</summary>
    /// <param name="file">Owned from now on.</param>
    /// <param name="name">Names the worker threads, such as <c>_disk0</c>.</param>
    /// <param name="identity">The serial number; null for one made from the path.</param>
    /// <param name="engine">How requests wait.</param>
    public RawFileBackend(IImageFile file, string name, string? identity, DiskEngine engine = DiskEngine.Auto)
    {
        _engine = engine;
        _file = file;
        _facts = file.Facts;
        _transfer = new ImageTransfer(file, (operation, errno) => Failed?.Invoke(operation, errno));
        _eraser = new RangeEraser(file, _transfer);
        _workers = new BlockWorkers(name, Execute);
        Identity = identity ?? DiskIdentity.FromPath(_facts.Path);
    }

    /// <summary>
    /// Told what failed and why, before the guest is told that something did; <see cref="Errno.None"/> for an image that is
    /// shorter than when it was opened. On any thread, and as often as the guest tries.
    /// </summary>
    public Action<BlockOperation, Errno>? Failed { get; set; }

    /// <inheritdoc/>
    public ulong Capacity => _facts.Capacity;

    /// <inheritdoc/>
    public BlockLimits Limits => _facts.Limits;

    /// <inheritdoc/>
    public bool ReadOnly => _facts.ReadOnly;

    /// <inheritdoc/>
    public bool CanDiscard => _facts.CanPunchHoles && !_facts.ReadOnly;

    /// <inheritdoc/>
    public string Identity { get; }

    /// <summary>Threads that wait for the device, so far.</summary>
    public int WorkerCount => _workers.ThreadCount;

    /// <summary>Whether there is a ring: the host gave one when it was first needed.</summary>
    public bool HasRing => _ring is not null;

    /// <summary>Opens and locks an image.</summary>
    /// <exception cref="VmmException">It cannot be used, or the host has no io_uring and that was asked for.</exception>
    public static RawFileBackend Open(RawDiskOptions options, string name)
    {
        RawFileBackend backend = new(ImageOpener.Open(options), name, options.Id, options.Engine);
        if (options.Engine != DiskEngine.Io_uring || backend.OpenRing())
            return backend;
        backend.Dispose();
        throw new VmmException($"disk '{options.Path}': the host has no io_uring (Linux 5.5; sysctl kernel.io_uring_disabled, or a seccomp filter, may forbid it); use aio=auto or aio=threads");
    }

    /// <summary>Takes the image's lock. For one that was opened with <see cref="RawDiskOptions.LockLater"/>, or given away.</summary>
    /// <exception cref="VmmException">Someone else has it.</exception>
    public void Lock() => _file.Lock();

    /// <summary>Gives the image's lock away, for another process to take. No request is in flight, and none comes before it was taken again.</summary>
    public void Unlock() => _file.Unlock();

    /// <summary>Names the loop on whose thread the disk's requests are submitted, which then waits for the ring, too. Once, before the first request.</summary>
    public void RunOn(EventLoop loop) => _loop = loop;

    /// <inheritdoc/>
    public void Submit(BlockRequest request, bool mayBlock)
    {
        if (request.Operation is BlockOperation.Read or BlockOperation.Write)
        {
            if (_transfer.TryNow(request) is { } status)
                request.Complete(status);
            else if (mayBlock)
                Execute(request);
            else if (!TryQuick(request))
                Defer(request);
        }
        else if (mayBlock || _facts.IsMemoryBacked)
        {
            Execute(request);
        }
        else
        {
            Defer(request);
        }
    }

    /// <inheritdoc/>
    public void Commit() => _ring?.Pump();

    /// <inheritdoc/>
    public void Poll() => _ring?.Pump();

    /// <inheritdoc/>
    public void Announce(IDoorbellTarget target) => _device = target;

    /// <inheritdoc/>
    public void OnReady(uint events) => _device?.Ring();

    /// <summary>Ends the threads, after what is under way, and closes the image. Nothing may be in the ring, and its loop has ended.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _watch?.Dispose();
        _ring?.Dispose();
        _eraser.Dispose();
        _transfer.Dispose();
        _file.Dispose();
    }

    /// <summary>Runs a transfer here if it should be quick though nothing can promise it.</summary>
    private bool TryQuick(BlockRequest request)
    {
        if (_facts.Direct || request.Durable)
            return false;
        if (_facts.IsMemoryBacked)
        {
            Execute(request);
            return true;
        }
        bool read = request.Operation == BlockOperation.Read;
        // A read that was refused would have waited: it has just been asked.
        if (read && _transfer.ReadsCanRefuseToWait)
            return false;
        InlinePolicy policy = read ? _inlineReads : _inlineWrites;
        if (!policy.ShouldTry())
            return false;
        ulong bytes = request.Remaining;
        long started = Stopwatch.GetTimestamp();
        Execute(request);
        policy.Took(started, bytes);
        return true;
    }

    /// <summary>Lets a request wait somewhere else.</summary>
    private void Defer(BlockRequest request)
    {
        if (!_transfer.FitsRing(request) || !OpenRing())
        {
            _workers.Submit(request);
            return;
        }
        if (_loop is not null && _ring!.Ready is { } fd)
            _watch ??= _loop.Add(fd, Linux.EPOLLIN, this);
        _ring!.Add(request);
    }

    /// <summary>Has a ring, if there can be one. A disk that never waits needs none.</summary>
    private bool OpenRing()
    {
        if (_askedForRing || _engine == DiskEngine.Threads)
            return _ring is not null;
        _askedForRing = true;
        if (_file.TryOpenRing() is { } ring)
            _ring = new RingRequests(ring, _transfer, _workers.Submit);
        return _ring is not null;
    }

    private void Execute(BlockRequest request)
    {
        BlockStatus status;
        try
        {
            status = request.Operation switch
            {
                BlockOperation.Read or BlockOperation.Write => _transfer.Run(request),
                BlockOperation.Flush => _transfer.Flush(),
                _ => _eraser.Run(request),
            };
        }
        catch (HostException none)
        {
            // No memory for a buffer of our own: this request fails, the next may not.
            status = _transfer.Fail(request.Operation, none.Errno);
        }
        request.Complete(status);
    }
}
