using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Block;

/// <summary>What a disk, or one queue of it, has done since the start. Written under the device's lock; a reader without it may see figures that do not quite belong together.</summary>
public sealed class BlockCounters
{
    /// <summary>Reads that succeeded.</summary>
    public long Reads { get; private set; }

    /// <summary>Bytes they read.</summary>
    public long ReadBytes { get; private set; }

    /// <summary>Writes that succeeded.</summary>
    public long Writes { get; private set; }

    /// <summary>Bytes they wrote.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Flushes that succeeded.</summary>
    public long Flushes { get; private set; }

    /// <summary>Discard requests that succeeded.</summary>
    public long Discards { get; private set; }

    /// <summary>Write-zeroes requests that succeeded.</summary>
    public long ZeroWrites { get; private set; }

    /// <summary>Requests that the back end failed: the host's disk is in trouble.</summary>
    public long BackendErrors { get; private set; }

    /// <summary>Requests that were refused before they reached the back end: bad ranges, writes to a read-only disk.</summary>
    public long RefusedRequests { get; private set; }

    /// <summary>Requests of a kind that this disk does not do.</summary>
    public long UnsupportedRequests { get; private set; }

    /// <summary>Adds up.</summary>
    internal static BlockCounters Sum(ReadOnlySpan<BlockCounters> parts)
    {
        BlockCounters sum = new();
        foreach (BlockCounters part in parts)
        {
            sum.Reads += part.Reads;
            sum.ReadBytes += part.ReadBytes;
            sum.Writes += part.Writes;
            sum.WrittenBytes += part.WrittenBytes;
            sum.Flushes += part.Flushes;
            sum.Discards += part.Discards;
            sum.ZeroWrites += part.ZeroWrites;
            sum.BackendErrors += part.BackendErrors;
            sum.RefusedRequests += part.RefusedRequests;
            sum.UnsupportedRequests += part.UnsupportedRequests;
        }
        return sum;
    }

    /// <summary>Counts a request that the back end completed.</summary>
    internal void Record(VirtioBlkRequest request)
    {
        switch (request.Status, request.Operation)
        {
            case (BlockStatus.Unsupported, _):
                UnsupportedRequests++;
                break;
            case (BlockStatus.IoError, _):
                BackendErrors++;
                break;
            case (_, BlockOperation.Read):
                Reads++;
                ReadBytes += (long)request.Length;
                break;
            case (_, BlockOperation.Write):
                Writes++;
                WrittenBytes += (long)request.Length;
                break;
            case (_, BlockOperation.Flush):
                Flushes++;
                break;
            case (_, BlockOperation.Discard):
                Discards++;
                break;
            default:
                ZeroWrites++;
                break;
        }
    }

    /// <summary>Counts a request that the device answered itself.</summary>
    internal void RecordAnswer(byte status)
    {
        if (status == BlockDevice.VIRTIO_BLK_S_UNSUPP)
            UnsupportedRequests++;
        else if (status == BlockDevice.VIRTIO_BLK_S_IOERR)
            RefusedRequests++;
    }
}
