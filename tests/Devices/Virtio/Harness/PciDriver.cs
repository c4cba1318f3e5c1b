using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Transport;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>A driver for the PCI transport: finds the structures through their capabilities, as a kernel does.</summary>
public sealed class PciDriver : GuestDriver, IMsiSink, IInterruptLine
{
    public const ulong WindowStart = MemoryLayout.Pci32Start;
    public static readonly PciAddress Slot = new(0, 1, 0);

    private readonly TestDoorbells _doorbells;
    private readonly Dictionary<byte, int> _capabilities = [];
    private uint _queue;

    public PciDriver(VirtioDeviceCore core, TestDoorbells doorbells, bool useMsix = true)
    {
        _doorbells = doorbells;
        Transport = new VirtioPci(core, doorbells, this, this, routing: 10);
        Pci = new PciBus(Bus, new PciWindow(WindowStart, MemoryLayout.Pci32Size));
        Pci.Add(Slot.Device, Transport);
        Pci.AssignAddresses();
        FindCapabilities();
        Enable(useMsix);
    }

    public AddressBus Bus { get; } = new("memory");
    public PciBus Pci { get; }
    public VirtioPci Transport { get; }
    public bool LineIsHigh { get; private set; }
    public List<uint> Messages { get; } = [];
    public int MsixCapability { get; private set; }

    public ulong Common => Structure(PciRegisters.VIRTIO_PCI_CAP_COMMON_CFG);

    public override byte Status
    {
        get => (byte)Read(Common + PciRegisters.VIRTIO_PCI_COMMON_STATUS, 1);
        set => Write(Common + PciRegisters.VIRTIO_PCI_COMMON_STATUS, value, 1);
    }

    public override uint QueueMaxSize => (uint)Read(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE, 2);

    public override uint QueueSize
    {
        set => Write(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_SIZE, value, 2);
    }

    public override ulong DescriptorsAddress
    {
        set => WritePair(PciRegisters.VIRTIO_PCI_COMMON_Q_DESCLO, value);
    }

    public override ulong AvailAddress
    {
        set => WritePair(PciRegisters.VIRTIO_PCI_COMMON_Q_AVAILLO, value);
    }

    public override ulong UsedAddress
    {
        set => WritePair(PciRegisters.VIRTIO_PCI_COMMON_Q_USEDLO, value);
    }

    public override bool QueueEnabled
    {
        get => Read(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_ENABLE, 2) == 1;
        set
        {
            Write(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_MSIX, _queue + 1, 2);
            Write(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_ENABLE, value ? 1u : 0u, 2);
        }
    }

    public override uint ConfigGeneration => (uint)Read(Common + PciRegisters.VIRTIO_PCI_COMMON_CFGGENERATION, 1);

    public override ulong RegisterSpace => VirtioPciLayout.BarSize;

    public override uint ReadFeatures(uint select)
    {
        Write(Common + PciRegisters.VIRTIO_PCI_COMMON_DFSELECT, select, 4);
        return (uint)Read(Common + PciRegisters.VIRTIO_PCI_COMMON_DF, 4);
    }

    public override void WriteFeatures(uint select, uint value)
    {
        Write(Common + PciRegisters.VIRTIO_PCI_COMMON_MSIX, 0, 2);
        Write(Common + PciRegisters.VIRTIO_PCI_COMMON_GFSELECT, select, 4);
        Write(Common + PciRegisters.VIRTIO_PCI_COMMON_GF, value, 4);
    }

    public override void SelectQueue(uint queue)
    {
        _queue = queue;
        Write(Common + PciRegisters.VIRTIO_PCI_COMMON_Q_SELECT, queue, 2);
    }

    public override void ReadConfig(ulong offset, Span<byte> data) =>
        Bus.Read(Structure(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG) + offset, data);

    public override void WriteConfig(ulong offset, ReadOnlySpan<byte> data) =>
        Bus.Write(Structure(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG) + offset, data);

    public override void Notify(uint queue) => Write(NotifyAddress(queue), queue, 2);

    public override void WriteRaw(ulong offset, ReadOnlySpan<byte> data) => Bus.Write(Transport.Bars[0].Address.Value + offset, data);

    public override void ReadRaw(ulong offset, Span<byte> data) => Bus.Read(Transport.Bars[0].Address.Value + offset, data);

    public ulong NotifyAddress(uint queue)
    {
        uint multiplier = ReadConfigSpace32(_capabilities[PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG] + PciRegisters.VIRTIO_PCI_NOTIFY_CAP_MULT);
        return Structure(PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG) + (ulong)queue * multiplier;
    }

    public bool HasStructure(byte type) => _capabilities.ContainsKey(type);

    public int Capability(byte type) => _capabilities[type];

    public ulong Structure(byte type)
    {
        int at = _capabilities[type];
        int bar = ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_CAP_BAR) is var word ? (int)(word & 0xff) : 0;
        ulong barAddress = ReadConfigSpace32(PciRegister.Bar0 + bar * 4) & ~0xFu;
        return barAddress + ReadConfigSpace32(at + PciRegisters.VIRTIO_PCI_CAP_OFFSET);
    }

    public ulong Read(ulong address, int width)
    {
        Span<byte> data = stackalloc byte[8];
        Bus.Read(address, data[..width]);
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public void Write(ulong address, ulong value, int width)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        if (!(width is 2 or 4 && _doorbells.Write(address, data[..width])))
            Bus.Write(address, data[..width]);
    }

    public uint ReadConfigSpace32(int offset)
    {
        Span<byte> data = stackalloc byte[4];
        Pci.ReadConfig(Slot, offset, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public void WriteConfigSpace<T>(int offset, T value) where T : unmanaged =>
        Pci.WriteConfig(Slot, offset, System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    public ulong MsixEntry(int vector) => Transport.Bars[1].Address.Value + (ulong)vector * 16;

    void IMsiSink.Signal(in MsiMessage message)
    {
        Messages.Add(message.Data);
        if (message.Data == 0)
            ConfigInterrupts++;
        else
            QueueInterrupts++;
    }

    void IInterruptLine.Raise() => LineIsHigh = true;

    void IInterruptLine.Lower() => LineIsHigh = false;

    /// <summary>Back to power-on, then as a driver finds it.</summary>
    public void PowerOn()
    {
        Pci.Reset();
        Enable(useMsix: true);
    }

    private void Enable(bool useMsix)
    {
        WriteConfigSpace(PciRegister.Command, (ushort)(PciCommand.MemorySpace | PciCommand.BusMaster));
        if (useMsix)
            EnableMsix(Transport.Msix!.Vectors);
    }

    private void EnableMsix(int vectors)
    {
        for (int vector = 0; vector < vectors; vector++)
        {
            Write(MsixEntry(vector), 0xFEE0_0000, 4);
            Write(MsixEntry(vector) + 8, (ulong)vector, 4);
            Write(MsixEntry(vector) + 12, 0, 4);
        }
        WriteConfigSpace(MsixCapability + 2, (ushort)0x8000);
    }

    private void FindCapabilities()
    {
        for (int at = (int)ReadConfigSpace32(PciRegister.CapabilityPointer) & 0xff; at != 0;)
        {
            uint word = ReadConfigSpace32(at);
            if ((byte)word == PciCapabilityId.VendorSpecific)
                _capabilities[(byte)(word >> 24)] = at;
            else if ((byte)word == PciCapabilityId.Msix)
                MsixCapability = at;
            at = (int)(word >> 8 & 0xff);
        }
    }

    private void WritePair(int register, ulong value)
    {
        Write(Common + (ulong)register, (uint)value, 4);
        Write(Common + (ulong)register + 4, value >> 32, 4);
    }
}
