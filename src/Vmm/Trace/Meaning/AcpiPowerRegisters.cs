using Vmm.Guest.Acpi;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>The ACPI power registers of this machine (<see cref="AcpiHardware"/>).</summary>
internal sealed class AcpiPowerRegisters : IRegisterNames
{
    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit) => ((int)exit.Offset + AcpiHardware.PortStart) switch
    {
        AcpiHardware.SleepControlPort => new("SLEEP_CONTROL", Sleep((byte)exit.Value)),
        AcpiHardware.SleepStatusPort => new("SLEEP_STATUS", BitNames.Of(exit.Value, "", "", "", "", "", "", "", "WAK_STS")),
        AcpiHardware.ResetPort => new("RESET_REG", exit.Value == AcpiHardware.ResetValue ? "reset" : ""),
        AcpiHardware.EventStatusPort => new("event status", BitNames.Of(exit.Value, "power-button", "generation")),
        _ => null,
    };

    private static string Sleep(byte value) => (value & AcpiHardware.SleepEnable) == 0 ? "" :
        (value & AcpiHardware.SleepTypeMask) >> AcpiHardware.SleepTypeShift is int type && type == AcpiHardware.SleepTypeSoftOff ? "power off (S5)" : $"sleep type {type}";
}
