using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.State;
using Vmm.Guest.Acpi;

namespace Vmm.Devices.Platform;

/// <summary>
/// The power device behind the ACPI tables: soft off, reset, and events such as the power button, which the guest is told
/// of by an interrupt and reads (and so clears) at a port. The numbers are <see cref="AcpiHardware"/>'s.
/// </summary>
/// <param name="power">What the guest asks of the machine.</param>
/// <param name="interrupt">The generic event device's line; it gets edges.</param>
public sealed class AcpiPower(IPowerControl power, IInterruptLine interrupt) : IBusDevice, IStateful
{
    private int _events;

    /// <inheritdoc/>
    public string Name => "acpi-power";

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <summary>Presses the power button: a guest with ACPI then powers off in good order.</summary>
    public void PressPowerButton() => RaiseEvent(AcpiHardware.EventPowerButton);

    /// <summary>Sets event bits and tells the guest.</summary>
    public void RaiseEvent(byte events)
    {
        Interlocked.Or(ref _events, events);
        interrupt.Pulse();
    }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        for (int i = 0; i < data.Length; i++)
        {
            if (AcpiHardware.PortStart + (int)offset + i == AcpiHardware.EventStatusPort)
                data[i] = (byte)Interlocked.Exchange(ref _events, 0);
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
            WriteRegister(AcpiHardware.PortStart + (int)offset + i, data[i]);
    }

    /// <summary>Returns to the state at power-on.</summary>
    public void Reset() => Volatile.Write(ref _events, 0);

    /// <inheritdoc/>
    public JsonElement SaveState() =>
        StateJson.Write(new AcpiPowerState((byte)Volatile.Read(ref _events)), DeviceStateJson.Default.AcpiPowerState);

    /// <inheritdoc/>
    /// <remarks>The edges that told of events were the interrupt controller's from then on, and are saved there.</remarks>
    public void RestoreState(int version, JsonElement state)
    {
        AcpiPowerState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.AcpiPowerState);
        const byte known = AcpiHardware.EventPowerButton | AcpiHardware.EventGeneration;
        StateJson.Require((saved.Events & ~known) == 0, StateName, $"events 0x{saved.Events:x2} has some that there are not");
        Volatile.Write(ref _events, saved.Events);
    }

    private void WriteRegister(int port, byte value)
    {
        const byte softOff = AcpiHardware.SleepTypeSoftOff << AcpiHardware.SleepTypeShift;
        if (port == AcpiHardware.ResetPort && value == AcpiHardware.ResetValue)
            power.Reset();
        else if (port == AcpiHardware.SleepControlPort
            && (value & AcpiHardware.SleepEnable) != 0 && (value & AcpiHardware.SleepTypeMask) == softOff)
            power.PowerOff();
    }
}
