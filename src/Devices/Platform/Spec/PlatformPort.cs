namespace Vmm.Devices.Platform.Spec;

/// <summary>I/O ports and interrupt numbers of a PC that the platform devices answer at. ACPI's own are in <see cref="Vmm.Guest.Acpi.AcpiHardware"/>.</summary>
public static class PlatformPort
{
    /// <summary>Keyboard controller data; its status and command port is four further on.</summary>
    public const ushort I8042 = 0x60;

    /// <summary>From data to status port, both included.</summary>
    public const ushort I8042Count = 5;

    /// <summary>CMOS index, followed by data.</summary>
    public const ushort Cmos = 0x70;

    /// <summary>Index and data.</summary>
    public const ushort CmosCount = 2;

    /// <summary>Power-on self-test code; kernels write here to let a little time pass.</summary>
    public const ushort PostCode = 0x80;

    /// <summary>System control port A.</summary>
    public const ushort SystemControlA = 0x92;

    /// <summary>Debug console, as Bochs has it.</summary>
    public const ushort DebugConsole = 0xe9;

    /// <summary>Debug exit, as QEMU's test guests use it.</summary>
    public const ushort DebugExit = 0xf4;

    /// <summary>Debug exit takes up to a doubleword.</summary>
    public const ushort DebugExitCount = 4;

    /// <summary>The first serial port.</summary>
    public const ushort Com1 = 0x3f8;

    /// <summary>Registers of a serial port.</summary>
    public const ushort ComCount = 8;

    /// <summary>ISA interrupt of the first serial port.</summary>
    public const uint Com1Irq = 4;

    /// <summary>ISA interrupt of the keyboard.</summary>
    public const uint KeyboardIrq = 1;
}
