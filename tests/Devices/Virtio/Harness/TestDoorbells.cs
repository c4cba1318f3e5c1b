using System.Buffers.Binary;
using Vmm.Devices.Doorbells;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>An event thread that runs when the test says so.</summary>
public sealed class TestDoorbells : IDoorbellHost
{
    private readonly List<Doorbell> _attached = [];
    private readonly Queue<IDoorbellTarget> _posted = new();
    private readonly List<Wakeup> _wakeups = [];

    public bool Refuses { get; set; }

    /// <summary>The time; it passes when the test says so.</summary>
    public ManualClock Clock { get; set; } = new();

    /// <summary>When the next wake-up is due; null when none is.</summary>
    public TimeSpan? NextWakeup => _wakeups.Where(w => w.Due is not null).Min(w => w.Due - Clock.Elapsed);

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

    public IWakeup CreateWakeup(IDoorbellTarget target)
    {
        Wakeup wakeup = new(Clock, target);
        _wakeups.Add(wakeup);
        return wakeup;
    }

    /// <summary>Time passes: wake-ups ring as they come due, and what they set in motion runs.</summary>
    public void Pass(TimeSpan time)
    {
        TimeSpan end = Clock.Elapsed + time;
        while (_wakeups.Where(w => w.Due <= end).MinBy(w => w.Due) is { } next)
        {
            if (next.Due > Clock.Elapsed)
                Clock.Advance(next.Due.Value - Clock.Elapsed);
            next.Due = null;
            next.Target.Ring();
            Run();
        }
        Clock.Advance(end - Clock.Elapsed);
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

    private sealed class Wakeup(ManualClock clock, IDoorbellTarget target) : IWakeup
    {
        public IDoorbellTarget Target => target;

        public TimeSpan? Due { get; set; }

        public void After(TimeSpan delay) => Due = clock.Elapsed + delay;

        public void Cancel() => Due = null;
    }
}
