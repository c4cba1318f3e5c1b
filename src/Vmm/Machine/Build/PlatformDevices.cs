using Vmm.Devices.Pci;
using Vmm.Devices.Platform;
using Vmm.Devices.State;
using Vmm.Guest.Acpi;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Inspect;

namespace Vmm.Machine.Build;

/// <summary>The devices that every machine has, at the places where a PC has them.</summary>
internal sealed class PlatformDevices
{
    /// <summary>COM1.</summary>
    public const ushort SerialPort = 0x3f8;

    /// <summary>COM1's interrupt.</summary>
    public const uint SerialGsi = 4;

    private const ushort SerialPorts = 8;
    private const ushort KeyboardPort = 0x60;
    private const ushort KeyboardPorts = 5;
    private const uint KeyboardGsi = 1;
    private const ushort CmosPort = 0x70;
    private const ushort CmosPorts = 2;
    private const ushort PostCode = 0x80;
    private const ushort SystemControl = 0x92;
    private const ushort PciConfig = 0xcf8;
    private const ushort PciConfigCount = 8;
    private const ushort DebugConsolePort = 0xe9;
    private const ushort DebugExitPort = 0xf4;
    private const ushort DebugExitPorts = 4;

    /// <summary>The name of the window on PCI configuration space.</summary>
    public const string EcamName = "pci-ecam";

    /// <summary>Which ports which of them has, for those who have no machine to ask.</summary>
    public static IReadOnlyList<BusEntry> PortMap { get; } =
    [
        new(KeyboardPort, KeyboardPorts, "i8042"), new(CmosPort, CmosPorts, "cmos"), new(PostCode, 1, "post-code"), new(SystemControl, 1, "system-control"),
        new(DebugConsolePort, 1, "debug-console"), new(DebugExitPort, DebugExitPorts, "debug-exit"), new(SerialPort, SerialPorts, "serial0"),
        new(AcpiHardware.PortStart, AcpiHardware.PortCount, "acpi-power"), new(PciConfig, PciConfigCount, "pci-config"),
    ];

    /// <summary>Makes them and puts them on the chassis.</summary>
    /// <param name="chassis">What they are screwed to.</param>
    /// <param name="consoles">Where they print to.</param>
    /// <param name="clock">Tells the time.</param>
    /// <param name="generation">The generation ID the machine had before its guest reset it; null for a fresh one.</param>
    public PlatformDevices(Chassis chassis, MachineConsoles consoles, TimeProvider clock, Guid? generation = null)
    {
        (ulong low, ulong high) = MemoryLayout.Split(chassis.Memory.Size);
        Serial = new Serial16550("serial0", chassis.Line(SerialGsi), consoles.Serial);
        Power = new AcpiPower(chassis.Power, chassis.Edge(AcpiHardware.EventGsi));
        Generation = new GenerationId(chassis.Memory, Power, new RandomSource(), generation);
        Pci = new PciBus(chassis.Registers, new PciWindow(MemoryLayout.Pci32Start, MemoryLayout.Pci32Size),
            new PciWindow(MemoryLayout.Pci64Start(chassis.Memory.Size), MemoryLayout.Pci64Size));

        I8042 keyboard = new(chassis.Power, chassis.Line(KeyboardGsi));
        Cmos cmos = new(clock, low, high);
        PostCodePort postCode = new();
        SystemControlPort systemControl = new(chassis.Power);
        ResetControl reset = new(chassis.Power);
        PciConfigPorts configPorts = new(Pci, reset);
        Parts = [Serial, Power, Generation, keyboard, cmos, postCode, systemControl, reset, configPorts, Pci];

        chassis.AddPorts(SerialPort, SerialPorts, Serial);
        chassis.AddPorts(AcpiHardware.PortStart, AcpiHardware.PortCount, Power);
        chassis.AddPorts(KeyboardPort, KeyboardPorts, keyboard);
        chassis.AddPorts(CmosPort, CmosPorts, cmos);
        chassis.AddPorts(PostCode, 1, postCode);
        chassis.AddPorts(SystemControl, 1, systemControl);
        chassis.AddPorts(DebugConsolePort, 1, new DebugConsole(consoles.Debug));
        chassis.AddPorts(DebugExitPort, DebugExitPorts, new DebugExit(chassis.Power));
        chassis.AddPorts(PciConfig, PciConfigCount, configPorts);
        chassis.AddRegisters(MemoryLayout.EcamStart, MemoryLayout.EcamSize, new EcamWindow(Pci));
    }

    /// <summary>Those that hold something, in the order in which they are restored; PCI puts its functions where they were.</summary>
    public IReadOnlyList<IStateful> Parts { get; }

    /// <summary>The serial line, ttyS0.</summary>
    public Serial16550 Serial { get; }

    /// <summary>The power button.</summary>
    public AcpiPower Power { get; }

    /// <summary>By which the guest can tell that it was copied.</summary>
    public GenerationId Generation { get; }

    /// <summary>PCI bus 0.</summary>
    public PciBus Pci { get; }
}
