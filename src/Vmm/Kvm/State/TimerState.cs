using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>The interval timer (8254) that KVM has. A counter begins its period anew when it is restored.</summary>
internal sealed unsafe class TimerState(KvmVm vm) : IStateful
{
    private const int Channels = 3;

    /// <summary>Loaded with 0, it counts this far.</summary>
    private const uint LongestCount = 1 << 16;

    /// <inheritdoc/>
    public string StateName => "interval-timer";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        kvm_pit_state2 pit = vm.GetPit();
        var channels = (kvm_pit_channel_state*)pit.channels;
        List<TimerChannelRecord> saved = new(Channels);
        for (int i = 0; i < Channels; i++)
        {
            kvm_pit_channel_state c = channels[i];
            saved.Add(new(c.count, c.latched_count, c.count_latched, c.status_latched, c.status, c.read_state, c.write_state, c.write_latch, c.rw_mode, c.mode, c.bcd, c.gate));
        }
        return StateJson.Write(new TimerRecord(pit.flags, saved), KvmStateJson.Default.TimerRecord);
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        TimerRecord saved = StateJson.Read(this, version, state, KvmStateJson.Default.TimerRecord);
        if (saved.Channels.Count != Channels)
            throw new StateException(StateName, $"channels: {saved.Channels.Count} where {Channels} are needed");
        kvm_pit_state2 pit = new() { flags = saved.Flags };
        var channels = (kvm_pit_channel_state*)pit.channels;
        for (int i = 0; i < Channels; i++)
        {
            TimerChannelRecord c = saved.Channels[i] ?? throw new StateException(StateName, $"channels[{i}]: it is null");
            StateJson.Require(c.Count <= LongestCount, StateName, $"channels[{i}].count: {c.Count} is more than {LongestCount}, which a counter of 16 bits can be loaded with");
            channels[i] = new()
            {
                count = c.Count,
                latched_count = c.LatchedCount,
                count_latched = c.CountLatched,
                status_latched = c.StatusLatched,
                status = c.Status,
                read_state = c.ReadState,
                write_state = c.WriteState,
                write_latch = c.WriteLatch,
                rw_mode = c.RwMode,
                mode = c.Mode,
                bcd = c.Bcd,
                gate = c.Gate,
            };
        }
        KvmRefusal.Name(StateName, "channels", vm.SetPit, pit);
    }
}
