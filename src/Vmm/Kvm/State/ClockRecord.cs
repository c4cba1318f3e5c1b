namespace Vmm.Kvm.State;

/// <summary>The section of kvm-clock.</summary>
/// <param name="Nanoseconds">What it showed when the machine was held. It goes on from there: no time passes for a guest that is frozen.</param>
/// <param name="TimeOfDay">The host's time at that moment.</param>
internal sealed record ClockRecord(long Nanoseconds, DateTimeOffset TimeOfDay);
