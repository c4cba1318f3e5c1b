namespace Vmm.Devices.Virtio.Net;

/// <summary>What one queue has moved since the start. Written on the device's event thread; any thread may read, without a lock.</summary>
public sealed class NetworkQueueCounters
{
    private long _frames;
    private long _bytes;
    private long _dropped;
    private long _errors;
    private long _filtered;

    /// <summary>Frames that went through.</summary>
    public long Frames => Volatile.Read(ref _frames);

    /// <summary>Their bytes, with the Ethernet header and without Virtio's.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Frames that the host did not take, or for which the guest had no buffer large enough; and all that were sent without a link.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Frames that were thrown away because they or their headers break the rules.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>Frames for the guest that it does not want to see.</summary>
    public long Filtered => Volatile.Read(ref _filtered);

    internal void Move(long bytes)
    {
        Volatile.Write(ref _frames, _frames + 1);
        Volatile.Write(ref _bytes, _bytes + bytes);
    }

    internal void Drop() => Volatile.Write(ref _dropped, _dropped + 1);

    internal void Err() => Volatile.Write(ref _errors, _errors + 1);

    internal void Filter() => Volatile.Write(ref _filtered, _filtered + 1);
}
