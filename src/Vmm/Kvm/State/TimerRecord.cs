namespace Vmm.Kvm.State;

/// <summary>The section of the 8254.</summary>
/// <param name="Flags">KVM_PIT_FLAGS_ bits.</param>
/// <param name="Channels">Its three counters.</param>
internal sealed record TimerRecord(uint Flags, IReadOnlyList<TimerChannelRecord> Channels);

/// <summary>A counter; struct kvm_pit_channel_state.</summary>
internal sealed record TimerChannelRecord(
    uint Count, ushort LatchedCount, byte CountLatched, byte StatusLatched, byte Status, byte ReadState, byte WriteState,
    byte WriteLatch, byte RwMode, byte Mode, byte Bcd, byte Gate);
