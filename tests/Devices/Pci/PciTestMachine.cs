using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Tests.Devices.Bus;

namespace Vmm.Tests.Devices.Pci;

/// <summary>A bus with two windows, ECAM, ports, and one function with a 64-bit BAR, MSI-X and a pin.</summary>
internal sealed class PciTestMachine
{
    public const ulong Window32 = 0xC000_0000;
    public const ulong Window64 = 0x2_0000_0000;
    public const ulong WindowSize = 0x1000_0000;
    public const int Device = 3;

    public PciTestMachine()
    {
        Bus = new PciBus(Memory, new PciWindow(Window32, WindowSize), new PciWindow(Window64, WindowSize));
        Function = new TestFunction("test", Content, Msi, Line);
        Bus.Add(Device, Function);
        Bus.AssignAddresses();
        Ports = new PciConfigPorts(Bus);
        Ecam = new EcamWindow(Bus);
    }

    public AddressBus Memory { get; } = new("memory");
    public RecordingDevice Content { get; } = new("content");
    public RecordingMsiSink Msi { get; } = new();
    public RecordingLine Line { get; } = new();
    public PciBus Bus { get; }
    public TestFunction Function { get; }
    public PciConfigPorts Ports { get; }
    public EcamWindow Ecam { get; }

    public uint ReadConfig(int offset, int device = Device) => Ecam.In32(((ulong)device << 15) + (uint)offset);
    public void WriteConfig(int offset, uint value, int device = Device) => Ecam.Out32(((ulong)device << 15) + (uint)offset, value);
    public void SetCommand(ushort value) => Ecam.Out16(((ulong)Device << 15) + PciRegister.Command, value);

    public void EnableMsix(ushort extra = 0)
    {
        SetCommand(PciCommand.MemorySpace | PciCommand.BusMaster);
        Ecam.Out16(((ulong)Device << 15) + PciRegister.HeaderEnd + MsixSpec.MessageControl, (ushort)(MsixSpec.Enable | extra));
    }
}

internal sealed class TestFunction : PciFunction
{
    public TestFunction(string name, IBusDevice content, IMsiSink msi, IInterruptLine line)
        : base(name, new PciIdentity(0x1af4, 0x1042, PciClass.MassStorage, 1, 0x1af4, 0x1100))
    {
        AddBar(0, PciBarKind.Memory64, 0x4000, content);
        AddMsix(2, vectors: 3, msi);
        AddIntx(line, routing: 16);
    }

    public List<(int Bar, ulong? At)> Moves { get; } = [];

    protected internal override void OnBarMapped(PciBar bar) => Moves.Add((bar.Index, bar.MappedAt?.Value));
}
