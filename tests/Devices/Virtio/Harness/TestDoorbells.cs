using System.Buffers.Binary;
using Vmm.Devices.Doorbells;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>An event thread that runs when the test says so.</summary>
public sealed class TestDoorbells : IDoorbellHost
{
    private readonly List<Doorbell> _attached = [];
    private readonly Queue<IDoorbellTarget> _posted = new();

    public bool Refuses { get; set; }

    public int Attached => _attached.Count;

    public int Posted => _posted.Count;

    public IReadOnlyList<GuestAddress> Addresses => [.. _attached.Select(d => d.Address)];

    public IDisposable? Attach(GuestAddress address, int length, ulong? match, IDoorbellTarget target)
    {
        if (Refuses)
            return null;
        var doorbell = new Doorbell(this, address, length, match, target);
        _attached.Add(doorbell);
        return doorbell;
    }

    public void Post(IDoorbellTarget target)
    {
        lock (_posted)
            _posted.Enqueue(target);
    }

    /// <summary>The guest writes: true when a doorbell took it, so that no bus sees it.</summary>
    public bool Write(ulong address, ReadOnlySpan<byte> data)
    {
        ulong value = data.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt16LittleEndian(data);
        foreach (Doorbell doorbell in _attached)
        {
            if (doorbell.Address.Value != address || (doorbell.Length != 0 && doorbell.Length != data.Length))
                continue;
            if (doorbell.Match is { } match && match != value)
                continue;
            doorbell.Target.Ring();
            return true;
        }
        return false;
    }

    /// <summary>One round of what is posted now. False when there was nothing.</summary>
    public bool RunRound()
    {
        int count = _posted.Count;
        for (int i = 0; i < count; i++)
        {
            IDoorbellTarget target;
            lock (_posted)
                target = _posted.Dequeue();
            target.Ring();
        }
        return count > 0;
    }

    /// <summary>Until nothing is posted any more, which has to happen.</summary>
    public void Run(int maxRounds = 1000)
    {
        for (int round = 0; RunRound(); round++)
        {
            if (round == maxRounds)
                throw new InvalidOperationException("work never ends");
        }
    }

    private sealed record Doorbell(TestDoorbells Host, GuestAddress Address, int Length, ulong? Match, IDoorbellTarget Target) : IDisposable
    {
        public void Dispose() => Host._attached.Remove(this);
    }
}
