using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Storage;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>A ring over an image that fails as it is told. What was started is done when it is asked after.</summary>
internal sealed unsafe class FakeRing(FaultyImage image) : IImageRing
{
    private readonly Queue<(ulong Tag, Func<nint> Call)> _prepared = new();
    private readonly Queue<(ulong Tag, Func<nint> Call)> _started = new();

    public int Capacity => image.RingCapacity;

    public SafeFd? Ready => null;

    public bool IsDisposed { get; private set; }

    public void Read(HostSegment* segments, int count, ulong offset, ulong tag) =>
        _prepared.Enqueue((tag, () => image.Read(segments, count, offset, 0)));

    public void Write(HostSegment* segments, int count, ulong offset, int flags, ulong tag) =>
        _prepared.Enqueue((tag, () => image.Write(segments, count, offset, flags)));

    public void Sync(ulong tag) => _prepared.Enqueue((tag, image.Sync));

    public int Submit()
    {
        image.RingSubmissions++;
        int started = 0;
        while (started < image.RingRoom && _prepared.TryDequeue(out (ulong, Func<nint>) call))
        {
            _started.Enqueue(call);
            started++;
        }
        _prepared.Clear();
        return started;
    }

    public bool TryTake(out ulong tag, out nint result)
    {
        (tag, result) = (0, 0);
        if (image.Stall is { IsSet: false } || !_started.TryDequeue(out (ulong Tag, Func<nint> Call) next))
            return false;
        tag = next.Tag;
        int again = image.RingFaults.TryDequeue(out int fault) ? fault : 0;
        result = again != 0 ? -again : next.Call();
        return true;
    }

    public void Dispose() => IsDisposed = true;
}
