using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <summary>System control port A, 0x92: the PS/2's quick way to open address line 20 and to reset. The line is always open here; its bit is kept for those who read it back.</summary>
public sealed class SystemControlPort(IPowerControl power) : IBusDevice, IStateful
{
    /// <summary>Going from 0 to 1, it resets (IBM PS/2 Hardware Interface Technical Reference, system control port A).</summary>
    private const byte FastReset = 1 << 0;

    /// <summary>Address line 20 is open.</summary>
    private const byte A20Open = 1 << 1;

    private byte _value = A20Open;

    /// <inheritdoc/>
    public string Name => "system-control";

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Fill(Volatile.Read(ref _value));

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte old = Interlocked.Exchange(ref _value, (byte)(data[0] & (FastReset | A20Open)));
        if ((data[0] & ~old & FastReset) != 0)
            power.Reset();
    }

    /// <summary>Returns to the state at power-on.</summary>
    public void Reset() => Volatile.Write(ref _value, A20Open);

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(new LatchState(Volatile.Read(ref _value)), DeviceStateJson.Default.LatchState);

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        LatchState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.LatchState);
        StateJson.Require((saved.Value & ~(FastReset | A20Open)) == 0, StateName, $"value 0x{saved.Value:x2} has bits that there are not");
        Volatile.Write(ref _value, saved.Value);
    }
}
