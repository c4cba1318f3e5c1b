using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <summary>
/// The PC's reset control register, port 0xCF9. It lies within PCI's CONFIG_ADDRESS, so it is given to
/// <see cref="Pci.PciConfigPorts"/> and not to the bus.
/// </summary>
public sealed class ResetControl(IPowerControl power) : IBusDevice, IStateful
{
    /// <summary>RST_CPU: going from 0 to 1, it resets (Intel ICH9 data sheet, 13.7.5).</summary>
    private const byte ResetCpu = 1 << 2;

    /// <summary>SYS_RST and FULL_RST choose how hard the reset is; here they are all the same.</summary>
    private const byte Writable = 1 << 1 | ResetCpu | 1 << 3;

    private byte _value;

    /// <inheritdoc/>
    public string Name => "reset-control";

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Fill(_value);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        byte old = Interlocked.Exchange(ref _value, (byte)(data[0] & Writable));
        if ((data[0] & ~old & ResetCpu) != 0)
            power.Reset();
    }

    /// <summary>Returns to the state at power-on.</summary>
    public void Reset() => Volatile.Write(ref _value, 0);

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(new LatchState(Volatile.Read(ref _value)), DeviceStateJson.Default.LatchState);

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        LatchState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.LatchState);
        StateJson.Require((saved.Value & ~Writable) == 0, StateName, $"value 0x{saved.Value:x2} has bits that there are not");
        Volatile.Write(ref _value, saved.Value);
    }
}
