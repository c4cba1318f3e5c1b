using System.Diagnostics;
using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>A raw image as a guest's disk: byte for byte what is in the file or on the device.</summary>
/// <remarks>
/// Handing a request to another thread costs more than a page-cache hit. So the caller's thread does what can be done
/// without waiting: reads by RWF_NOWAIT, writes as long as they prove quick (<see cref="InlinePolicy"/>), anything when
/// the caller has nothing else to do. The rest goes to <see cref="BlockWorkers"/>, where requests wait side by side and
/// complete out of order.
/// </remarks>
internal sealed class RawFileBackend : IBlockBackend, IDisposable
{
    private readonly IImageFile _file;
    private readonly ImageFacts _facts;
    private readonly ImageTransfer _transfer;
    private readonly RangeEraser _eraser;
    private readonly BlockWorkers _workers;
    private readonly InlinePolicy _inlineReads = new();
    private readonly InlinePolicy _inlineWrites = new();

    /// <summary>Takes an open image.</summary>
    /// <param name="file">Owned from now on.</param>
    /// <param name="name">Names the worker threads, such as <c>_disk0</c>.</param>
    /// <param name="identity">The serial number; null for one made from the path.</param>
    public RawFileBackend(IImageFile file, string name, string? identity)
    {
        _file = file;
        _facts = file.Facts;
        _transfer = new ImageTransfer(file);
        _eraser = new RangeEraser(file, _transfer);
        _workers = new BlockWorkers(name, Execute);
        Identity = identity ?? DiskIdentity.FromPath(_facts.Path);
    }

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

    /// <summary>Opens and locks an image.</summary>
    /// <exception cref="VmmException">It cannot be used.</exception>
    public static RawFileBackend Open(RawDiskOptions options, string name) => new(ImageOpener.Open(options), name, options.Id);

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
                _workers.Submit(request);
        }
        else if (mayBlock || _facts.IsMemoryBacked)
        {
            Execute(request);
        }
        else
        {
            _workers.Submit(request);
        }
    }

    /// <summary>Ends the threads, after what is under way, and closes the image.</summary>
    public void Dispose()
    {
        _workers.Dispose();
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
        catch (HostException)
        {
            // No memory for a buffer of our own: this request fails, the next may not.
            status = BlockStatus.IoError;
        }
        request.Complete(status);
    }
}
