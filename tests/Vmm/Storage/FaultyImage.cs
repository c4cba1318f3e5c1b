using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Storage;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>An image in memory that fails as it is told.</summary>
internal sealed unsafe class FaultyImage(int size) : IImageFile
{
    public byte[] Content { get; } = new byte[size];

    public ImageFacts Facts { get; set; } = new() { Path = "faulty.img", Size = (ulong)size };

    /// <summary>What the next calls give instead of working: an error number, or a limit on the bytes moved as a negative number.</summary>
    public Queue<int> Faults { get; } = new();

    /// <summary>Waited for before each blocking transfer.</summary>
    public ManualResetEventSlim? Stall { get; init; }

    public bool KnowsNoWait { get; init; }

    public int Syncs { get; private set; }

    public int DurableWrites { get; private set; }

    public List<int> AllocateModes { get; } = [];

    public Errno AllocateAnswer { get; init; } = Errno.EOPNOTSUPP;

    public nint Read(HostSegment* segments, int count, ulong offset, int flags) => Move(segments, count, offset, flags, write: false);

    public nint Write(HostSegment* segments, int count, ulong offset, int flags) => Move(segments, count, offset, flags, write: true);

    public nint Sync()
    {
        Syncs++;
        return Faults.TryDequeue(out int fault) ? -fault : 0;
    }

    public nint Allocate(int mode, ulong offset, ulong length)
    {
        AllocateModes.Add(mode);
        return -(int)AllocateAnswer;
    }

    /// <summary>The most in flight in its ring.</summary>
    public int RingCapacity { get; init; } = 8;

    /// <summary>How many of one submission the host has room for.</summary>
    public int RingRoom { get; set; } = int.MaxValue;

    public int RingSubmissions { get; set; }

    /// <summary>What only its ring fails with.</summary>
    public Queue<int> RingFaults { get; } = new();

    public IImageRing? TryOpenRing() => new FakeRing(this);

    public nint RangeControl(uint request, ulong offset, ulong length) => -(int)Errno.EOPNOTSUPP;

    public void Dispose()
    {
    }

    private nint Move(HostSegment* segments, int count, ulong offset, int flags, bool write)
    {
        if ((flags & Linux.RWF_NOWAIT) != 0)
            return KnowsNoWait ? -(int)Errno.EAGAIN : -(int)Errno.EOPNOTSUPP;
        Stall?.Wait();
        int limit = int.MaxValue;
        lock (Faults)
        {
            if (Faults.TryDequeue(out int fault))
            {
                if (fault > 0)
                    return -fault;
                limit = -fault;
            }
        }
        if ((flags & Linux.RWF_DSYNC) != 0)
            DurableWrites++;
        return Copy(segments, count, (int)offset, limit, write);
    }

    private int Copy(HostSegment* segments, int count, int offset, int limit, bool write)
    {
        int moved = 0;
        for (int i = 0; i < count && moved < limit && offset < Content.Length; i++)
        {
            int part = Math.Min(Math.Min((int)segments[i].Length, limit - moved), Content.Length - offset);
            Span<byte> guest = new((void*)segments[i].Address, part);
            if (write)
                guest.CopyTo(Content.AsSpan(offset));
            else
                Content.AsSpan(offset, part).CopyTo(guest);
            moved += part;
            offset += part;
        }
        return moved;
    }

    public void Lock()
    {
    }

    public void Unlock()
    {
    }
}
