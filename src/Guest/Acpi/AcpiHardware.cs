namespace Vmm.Guest.Acpi;

/// <summary>
/// The contract between the ACPI tables and the power device that stands behind them: eight I/O ports and one interrupt.
/// The tables name these numbers to the guest, the device model answers at them.
/// </summary>
/// <remarks>
/// The machine is hardware-reduced (ACPI 6.5, 4.1): there is no PM1 block and no SCI. The guest powers off through the
/// sleep control register, resets through the reset register, and learns of events (the power button) from a generic
/// event device (5.6.9) whose <c>_EVT</c> method reads <see cref="EventStatusPort"/>. All registers are one byte wide.
/// </remarks>
public static class AcpiHardware
{
    /// <summary>The first port of the block.</summary>
    public const ushort PortStart = 0x600;

    /// <summary>Ports in the block; those that have no register read as 0 and ignore writes.</summary>
    public const ushort PortCount = 8;

    /// <summary>SLEEP_CONTROL_REG (ACPI 6.5, 4.8.3.7), write-only: a write with <see cref="SleepEnable"/> set enters the sleep state in the type field.</summary>
    public const ushort SleepControlPort = PortStart + 0;

    /// <summary>SLEEP_STATUS_REG (ACPI 6.5, 4.8.3.7): <see cref="WakeStatus"/>, written with 1 to clear. We never wake, so it always reads 0.</summary>
    public const ushort SleepStatusPort = PortStart + 1;

    /// <summary>RESET_REG (ACPI 6.5, 4.8.3.6): writing <see cref="ResetValue"/> resets the machine; other values do nothing.</summary>
    public const ushort ResetPort = PortStart + 2;

    /// <summary>Pending events (<see cref="EventPowerButton"/> and its like). Reading gives them and clears them all; writes are dropped.</summary>
    public const ushort EventStatusPort = PortStart + 3;

    /// <summary>Bits 2–4 of the sleep control register: SLP_TYPx.</summary>
    public const byte SleepTypeMask = 0x1C;

    /// <summary>How far SLP_TYPx is shifted.</summary>
    public const int SleepTypeShift = 2;

    /// <summary>Bit 5 of the sleep control register: SLP_EN.</summary>
    public const byte SleepEnable = 0x20;

    /// <summary>The sleep type that the <c>\_S5</c> package gives for soft off. The only type the machine offers.</summary>
    public const byte SleepTypeSoftOff = 5;

    /// <summary>Bit 7 of the sleep status register: WAK_STS.</summary>
    public const byte WakeStatus = 0x80;

    /// <summary>What FADT's RESET_VALUE says to write to <see cref="ResetPort"/>.</summary>
    public const byte ResetValue = 0x01;

    /// <summary>Event bit: the power button was pressed; the guest notifies <c>\_SB.PWRB</c> with 0x80.</summary>
    public const byte EventPowerButton = 0x01;

    /// <summary>Event bit: the generation ID changed; the guest notifies <c>\_SB.VGEN</c> with 0x80.</summary>
    public const byte EventGeneration = 0x02;

    /// <summary>The interrupt of the generic event device: edge-triggered, active high. Pulse it after an event bit was set.</summary>
    public const uint EventGsi = 9;
}
