using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;

namespace Vmm.Tests.Devices.Virtio.Block;

/// <summary>A disk in memory that completes at once, or when the test says so.</summary>
internal sealed unsafe class FakeDisk(int sectors) : IBlockBackend
{
    public byte[] Content { get; } = new byte[sectors * 512];

    public ulong Capacity => (ulong)Content.Length;

    public BlockLimits Limits { get; init; } = new() { PhysicalBlockSize = 4096, DiscardGranularity = 4096 };

    public bool ReadOnly { get; init; }

    public bool CanDiscard { get; init; } = true;

    public string Identity { get; init; } = "serial-number";

    /// <summary>Requests are kept until <see cref="CompleteAll"/> instead of being done at once.</summary>
    public bool Stalled { get; set; }

    public BlockStatus Answer { get; set; } = BlockStatus.Ok;

    public List<BlockRequest> Pending { get; } = [];

    public List<(BlockOperation Operation, ulong Offset, ulong Length, bool Durable, bool MayBlock)> Log { get; } = [];

    public List<BlockRange> Erased { get; } = [];

    /// <summary>Called within each submission.</summary>
    public Action? OnSubmit { get; set; }

    public bool IsLogging { get; set; } = true;

    public void Submit(BlockRequest request, bool mayBlock)
    {
        if (IsLogging)
            Log.Add((request.Operation, request.Offset, request.Remaining, request.Durable, mayBlock));
        OnSubmit?.Invoke();
        if (Stalled || IsRing)
            Pending.Add(request);
        else
            Do(request);
    }

    /// <summary>Requests are kept until they are polled for, as a ring does.</summary>
    public bool IsRing { get; set; }

    public int Commits { get; private set; }

    /// <summary>Whom to ring when there is something to poll.</summary>
    public IDoorbellTarget? Target { get; private set; }

    public void Commit() => Commits++;

    public void Poll()
    {
        if (IsRing)
            CompleteAll();
    }

    public void Announce(IDoorbellTarget target) => Target = target;

    public void CompleteAll()
    {
        BlockRequest[] requests = [.. Pending];
        Pending.Clear();
        foreach (BlockRequest request in requests)
            Do(request);
    }

    public void Do(BlockRequest request)
    {
        if (Answer == BlockStatus.Ok)
        {
            foreach (ref readonly BlockRange range in request.Ranges)
                Erased.Add(range);
            Move(request);
        }
        request.Complete(Answer);
    }

    private void Move(BlockRequest request)
    {
        while (request.Remaining > 0)
        {
            HostSegment segment = request.Segments[0];
            Span<byte> guest = new((void*)segment.Address, (int)segment.Length);
            Span<byte> disk = Content.AsSpan((int)request.Offset, (int)segment.Length);
            if (request.Operation == BlockOperation.Read)
                disk.CopyTo(guest);
            else
                guest.CopyTo(disk);
            request.Advance(segment.Length);
        }
    }
}
