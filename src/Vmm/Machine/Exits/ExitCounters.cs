using Vmm.Devices.Bus;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>
/// Where one vCPU's time goes, and how often it left the guest and for how long: by reason and by device. Written by that
/// vCPU's thread alone, at two readings of the clock an exit; any thread may read.
/// </summary>
/// <remarks>
/// Nothing is allocated but the first time that a reason or a device comes up. Time is told in nanoseconds, and added up in the
/// clock's own units.
/// </remarks>
/// <param name="isOn">False to count nothing: what counting costs is measured so, and it is not meant to be off otherwise.</param>
/// <param name="clock">What time is taken by.</param>
internal sealed class ExitCounters(bool isOn = true, ExitClock clock = default)
{
    /// <summary>One more than the highest KVM_EXIT_ number that is counted by itself.</summary>
    public const int Reasons = 40;

    private readonly LatencyHistogram?[] _reasons = new LatencyHistogram?[Reasons];
    // Replaced, never changed: readers take it as it is. A machine has some twenty devices, and an access mostly goes to
    // the one before: a walk over them costs less than a look-up in a dictionary.
    private volatile DeviceExits[] _devices = [];
    private DeviceExits? _lastDevice;
    private DeviceExits? _accessed;
    private long _run;
    private long _handled;
    private long _kicks;

    /// <summary>How long exits took to answer, for each KVM_EXIT_ number (higher ones count as KVM_EXIT_UNKNOWN); null for those that never came.</summary>
    public ReadOnlySpan<LatencyHistogram?> ByReason => _reasons;

    /// <summary>How long port and memory exits took, for each device.</summary>
    public IReadOnlyList<DeviceExits> ByDevice => _devices;

    /// <summary>How many exits there were, whatever the reason.</summary>
    public long Exits
    {
        get
        {
            long sum = 0;
            foreach (LatencyHistogram? latency in _reasons)
                sum += latency?.Count ?? 0;
            return sum;
        }
    }

    /// <summary>Time within KVM_RUN, up to this moment.</summary>
    public long RunTime
    {
        get
        {
            // One word holds it all, so that a reader needs no lock and never sees the time go back. Within KVM_RUN it
            // is less the moment of entry, hence negative: no machine has run for longer than the host is up.
            long run = Volatile.Read(ref _run);
            return clock.ToNanoseconds(run < 0 ? Math.Max(run + clock.Now, 0) : run);
        }
    }

    /// <summary>Time to answer all exits.</summary>
    public long HandlerTime => Volatile.Read(ref _handled);

    /// <summary>How often the vCPU was kicked.</summary>
    public long Kicks => Volatile.Read(ref _kicks);

    /// <summary>How many exits there were for a reason.</summary>
    public long CountOf(KvmExitReason reason) => _reasons[Index(reason)]?.Count ?? 0;

    /// <summary>How many accesses a device answered; null for those that nobody did.</summary>
    public long CountOf(IBusDevice? device) => Array.Find(_devices, exits => ReferenceEquals(exits.Device, device))?.Latency.Count ?? 0;

    /// <summary>The vCPU is about to enter the guest, for the first time or after it was held.</summary>
    public void EnterGuest()
    {
        if (isOn)
            _run -= clock.Now;
    }

    /// <summary>The vCPU has left the guest.</summary>
    /// <returns>When, in the clock's units.</returns>
    public long LeaveGuest()
    {
        if (!isOn)
            return 0;
        long now = clock.Now;
        // A dispatcher can be used without a guest to enter. A counter begins anew when the host has slept.
        if (_run < 0)
            _run = Math.Max(_run + now, 0);
        return now;
    }

    /// <summary>The exit that is being answered is an access to that device; null when nobody answers.</summary>
    public void NoteAccess(IBusDevice? device)
    {
        if (!isOn)
            return;
        DeviceExits? last = _lastDevice;
        _accessed = last is not null && ReferenceEquals(last.Device, device) ? last : _lastDevice = Find(device);
    }

    /// <summary>The exit is answered, and the vCPU about to enter the guest again.</summary>
    /// <param name="reason">Why it had left.</param>
    /// <param name="left">What <see cref="LeaveGuest"/> said.</param>
    public void EnterGuestAgain(KvmExitReason reason, long left)
    {
        if (!isOn)
            return;
        long now = clock.Now;
        long took = clock.ToNanoseconds(Math.Max(now - left, 0));
        (_reasons[Index(reason)] ??= new LatencyHistogram()).Record(took);
        if (_accessed is { } device)
        {
            device.Latency.Record(took);
            _accessed = null;
        }
        _handled += took;
        _run -= now;
    }

    /// <summary>The vCPU was kicked.</summary>
    public void NoteKick() => _kicks++;

    private static int Index(KvmExitReason reason) => (uint)reason < Reasons ? (int)reason : (int)KvmExitReason.KVM_EXIT_UNKNOWN;

    private DeviceExits Find(IBusDevice? device)
    {
        DeviceExits[] devices = _devices;
        foreach (DeviceExits known in devices)
        {
            if (ReferenceEquals(known.Device, device))
                return known;
        }
        DeviceExits added = new(device);
        _devices = [.. devices, added];
        return added;
    }
}
