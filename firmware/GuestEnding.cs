namespace Vmm.Firmware;

/// <summary>How a guest ends.</summary>
public enum GuestEnding
{
    /// <summary>It powers the machine off through ACPI; without ACPI tables it ends by the debug exit port with 0.</summary>
    PowerOff,

    /// <summary>It writes a value to the debug exit port, 0xF4; 0 means that all went well.</summary>
    DebugExit,
}
