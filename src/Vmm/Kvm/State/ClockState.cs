using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>
/// kvm-clock. It goes on from what it showed: the guest's monotonic time stands still while the guest does, however long,
/// and its timers are neither late nor do they all fire at once. The time of day is then behind; who keeps it (an agent, NTP) sets it right.
/// </summary>
/// <param name="vm">The machine.</param>
/// <param name="time">The host's time of day.</param>
internal sealed class ClockState(KvmVm vm, TimeProvider time) : IStateful
{
    private const long NanosecondsPerTick = 100;

    private ClockRecord? _restored;

    /// <summary>
    /// How far the guest's time of day is behind because it was frozen elsewhere: from then until this machine's clock was
    /// set. Grows no more afterwards. Zero for a machine that was not restored, and where the host's time went back.
    /// </summary>
    public TimeSpan Behind { get; private set; }

    /// <summary>The host's time when the guest was frozen; null for a machine that was not restored.</summary>
    public DateTimeOffset? FrozenAt => _restored?.TimeOfDay;

    /// <inheritdoc/>
    public string StateName => "clock";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        kvm_clock_data clock = vm.GetClock();
        DateTimeOffset now = (clock.flags & kvm_clock_data.KVM_CLOCK_REALTIME) != 0
            ? DateTimeOffset.UnixEpoch.AddTicks((long)clock.realtime / NanosecondsPerTick)
            : time.GetUtcNow();
        return StateJson.Write(new ClockRecord((long)clock.clock, now), KvmStateJson.Default.ClockRecord);
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        ClockRecord saved = StateJson.Read(this, version, state, KvmStateJson.Default.ClockRecord);
        if (saved.Nanoseconds < 0)
            throw new StateException(StateName, $"nanoseconds: {saved.Nanoseconds} is before the machine was started");
        KvmRefusal.Name(StateName, "nanoseconds", () => vm.SetClock((ulong)saved.Nanoseconds));
        _restored = saved;
        TimeSpan behind = time.GetUtcNow() - saved.TimeOfDay;
        Behind = behind > TimeSpan.Zero ? behind : TimeSpan.Zero;
    }
}
