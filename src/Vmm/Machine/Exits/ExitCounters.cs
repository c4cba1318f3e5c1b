using System.Runtime.CompilerServices;
using Vmm.Devices.Bus;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>
/// Where one vCPU's time goes, and how often it left the guest, after how long and for how long: by reason and by device. Written by that
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

    // Replaced, never changed: readers take it as it is. A machine has some twenty kinds, and an exit mostly is of the
    // kind of the one before: a walk over them costs less than a look-up in a dictionary.
    private volatile ExitKind[] _kinds = [];
    private ExitKind? _last;
    private long _run;
    // Far ahead until the guest is entered: what is dispatched without that was in it for no time.
    private long _entered = long.MaxValue;
    private long _handled;
    private long _kicks;

    /// <summary>How long exits took to answer, each counted once, under its reason and its device; none for those that never came. Reasons that are not known count as KVM_EXIT_UNKNOWN.</summary>
    public IReadOnlyList<ExitKind> Kinds => _kinds;

    /// <summary>How many exits there were, whatever the reason.</summary>
    public long Exits => Count(_ => true);

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
    public long CountOf(KvmExitReason reason) => Count(kind => kind.Reason == reason);

    /// <summary>How many accesses a device answered; null for those that nobody did.</summary>
    public long CountOf(IBusDevice? device) => Count(kind => kind.IsAccess && ReferenceEquals(kind.Device, device));

    /// <summary>The vCPU is about to enter the guest, for the first time or after it was held.</summary>
    public void EnterGuest()
    {
        if (isOn)
            _run -= _entered = clock.Now;
    }

    /// <summary>The vCPU has left the guest.</summary>
    /// <returns>When, in the clock's units.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    /// <summary>The exit is answered, and the vCPU about to enter the guest again.</summary>
    /// <param name="reason">Why it had left.</param>
    /// <param name="device">Who answered; null when nobody did, or it was no access.</param>
    /// <param name="left">What <see cref="LeaveGuest"/> said.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EnterGuestAgain(KvmExitReason reason, IBusDevice? device, long left)
    {
        if (!isOn)
            return;
        long now = clock.Now;
        long took = clock.ToNanoseconds(Math.Max(now - left, 0));
        ExitKind? kind = _last;
        if (kind is null || kind.Reason != reason || !ReferenceEquals(kind.Device, device))
            kind = Find(reason, device);
        kind.Latency.Record(took);
        kind.Run.Record(clock.ToNanoseconds(Math.Max(left - _entered, 0)));
        _handled += took;
        _run -= _entered = now;
    }

    /// <summary>The vCPU was kicked.</summary>
    public void NoteKick() => _kicks++;

    private ExitKind Find(KvmExitReason reason, IBusDevice? device)
    {
        KvmExitReason known = (uint)reason < Reasons ? reason : KvmExitReason.KVM_EXIT_UNKNOWN;
        ExitKind[] kinds = _kinds;
        foreach (ExitKind kind in kinds)
        {
            if (kind.Reason == known && ReferenceEquals(kind.Device, device))
                return _last = kind;
        }
        ExitKind added = new(known, device);
        _kinds = [.. kinds, added];
        return _last = added;
    }

    private long Count(Predicate<ExitKind> wanted)
    {
        long sum = 0;
        foreach (ExitKind kind in _kinds)
            sum += wanted(kind) ? kind.Latency.Count : 0;
        return sum;
    }
}
