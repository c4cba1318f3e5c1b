using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>A virtio device as a PCI function. Virtio 1.2, 4.1; no legacy interface.</summary>
/// <remarks>
/// BAR 0 has the structures of 4.1.4, BAR 2 the MSI-X table. A vector for each queue and one for the configuration.
/// The INTx# pin is there only if a wire is given; a driver without MSI-X and without the pin has to poll.
/// </remarks>
public sealed partial class VirtioPci : PciFunction, IVirtioTransport
{
    private readonly VirtioDeviceCore _core;
    private readonly QueueDoorbells _doorbells;
    private readonly VirtioPciVectors _vectors;
    private readonly VirtioPciCommonConfig _common;
    private readonly VirtioPciIsr _isr;
    private readonly VirtioPciConfigAccess _configAccess;
    private GuestAddress? _barAt;

    /// <summary>Puts a device on PCI.</summary>
    /// <param name="core">The device.</param>
    /// <param name="doorbellHost">The event thread that the core was made with.</param>
    /// <param name="messages">Where MSI-X messages go.</param>
    /// <param name="wire">Where INTA# goes; null for a function without the pin.</param>
    /// <param name="routing">The GSI of that wire.</param>
    public VirtioPci(VirtioDeviceCore core, IDoorbellHost doorbellHost, IMsiSink messages, IInterruptLine? wire = null, byte routing = 0)
        : base(core.Device.Name, Identify(core.Device.DeviceType))
    {
        _core = core;
        int vectors = core.QueueCount + 1;
        _doorbells = new QueueDoorbells(doorbellHost, core);
        _vectors = new VirtioPciVectors(core.QueueCount, vectors);
        _common = new VirtioPciCommonConfig(core, _vectors);
        _isr = new VirtioPciIsr(core);

        var blocks = new AddressBus(Name);
        uint notifySize = (uint)core.QueueCount * VirtioPciLayout.NotifyMultiplier;
        blocks.TryAdd(VirtioPciLayout.Common, PciRegisters.CommonConfigSize, _common);
        blocks.TryAdd(VirtioPciLayout.Isr, VirtioPciLayout.BlockSize, _isr);
        blocks.TryAdd(VirtioPciLayout.DeviceConfig, VirtioPciLayout.BlockSize, new VirtioPciDeviceConfig(core));
        blocks.TryAdd(VirtioPciLayout.Notify, notifySize, new VirtioPciNotify(core));
        AddBar(VirtioPciLayout.Bar, PciBarKind.Memory32, VirtioPciLayout.BarSize, blocks);
        AddMsix(VirtioPciLayout.MsixBar, vectors, messages);
        if (wire is not null)
            _isr.Pin = AddIntx(wire, routing);

        AddStructure(PciRegisters.VIRTIO_PCI_CAP_COMMON_CFG, VirtioPciLayout.Common, PciRegisters.CommonConfigSize);
        AddStructure(PciRegisters.VIRTIO_PCI_CAP_ISR_CFG, VirtioPciLayout.Isr, VirtioPciLayout.IsrSize);
        // 4.1.4.6.1: only for a device type that has a configuration.
        if (core.Device.Config.Length > 0)
            AddStructure(PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG, VirtioPciLayout.DeviceConfig, (uint)core.Device.Config.Length);
        AddStructure(PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG, VirtioPciLayout.Notify, notifySize, VirtioPciLayout.NotifyMultiplier);
        _configAccess = new VirtioPciConfigAccess(Config, AddStructure(PciRegisters.VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 0), blocks);
        core.Connect(this);
    }

    /// <inheritdoc/>
    public void InterruptQueue(int queue) => Interrupt(_vectors.GetQueue(queue), PciRegisters.VIRTIO_PCI_ISR_QUEUE);

    /// <inheritdoc/>
    public void InterruptConfig() => Interrupt(_vectors.Config, PciRegisters.VIRTIO_PCI_ISR_CONFIG);

    /// <inheritdoc/>
    public void Activated()
    {
        if (_barAt is not { } bar)
            return;
        for (int queue = 0; queue < _core.QueueCount; queue++)
        {
            // Any width: the value says nothing that the address does not, and KVM finds such a doorbell fastest.
            ulong offset = VirtioPciLayout.Notify + (uint)queue * VirtioPciLayout.NotifyMultiplier;
            if (_core.Queue(queue).IsLive)
                _doorbells.Attach(queue, new GuestAddress(bar.Value + offset), length: 0, match: null);
        }
    }

    /// <inheritdoc/>
    public void WasReset()
    {
        _doorbells.DetachAll();
        _vectors.Reset();
        _common.Reset();
        _isr.Reset();
    }

    /// <inheritdoc/>
    public override void ReadConfig(int offset, Span<byte> data)
    {
        _configAccess.BeforeRead(offset, data.Length);
        base.ReadConfig(offset, data);
    }

    /// <inheritdoc/>
    public override void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        bool mastered = BusMasterEnabled;
        base.WriteConfig(offset, data);
        // Taking bus mastering away is how a kernel stops devices before another one takes over (kexec). Never having
        // set it is not: guests there are that forget it.
        if (mastered != BusMasterEnabled)
            _core.Detain(mastered);
        _configAccess.AfterWrite(offset, data.Length);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        _core.WriteStatus(0, waitForReset: true);
        base.Reset();
        _core.Detain(false);
    }

    /// <inheritdoc/>
    protected internal override void OnBarMapped(PciBar bar)
    {
        if (bar.Index != VirtioPciLayout.Bar)
            return;
        using VirtioDeviceCore.Scope scope = _core.Enter();
        _barAt = bar.MappedAt;
        _doorbells.DetachAll();
        if (_core.IsActive)
            Activated();
    }

    private static PciIdentity Identify(ushort deviceType)
    {
        uint classCode = deviceType switch
        {
            DeviceIds.VIRTIO_ID_NET => PciClass.Ethernet,
            DeviceIds.VIRTIO_ID_BLOCK => PciClass.MassStorage,
            DeviceIds.VIRTIO_ID_CONSOLE => PciClass.Communication,
            _ => PciClass.Other,
        };
        var deviceId = (ushort)(PciRegisters.DeviceIdBase + deviceType);
        return new PciIdentity(PciRegisters.VendorId, deviceId, classCode, PciRegisters.RevisionId, PciRegisters.VendorId, deviceId);
    }

    private int AddStructure(byte type, uint offset, uint length, uint? extra = null)
    {
        Span<byte> entry = stackalloc byte[PciRegisters.LongCapSize];
        int size = extra is null ? PciRegisters.CapSize : PciRegisters.LongCapSize;
        entry[PciRegisters.VIRTIO_PCI_CAP_LEN] = (byte)size;
        entry[PciRegisters.VIRTIO_PCI_CAP_CFG_TYPE] = type;
        entry[PciRegisters.VIRTIO_PCI_CAP_BAR] = VirtioPciLayout.Bar;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[PciRegisters.VIRTIO_PCI_CAP_OFFSET..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[PciRegisters.VIRTIO_PCI_CAP_LENGTH..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[PciRegisters.VIRTIO_PCI_NOTIFY_CAP_MULT..], extra ?? 0);
        return Config.AddCapability(PciCapabilityId.VendorSpecific, entry[PciCapabilityId.Body..size]);
    }

    private void Interrupt(ushort vector, byte cause)
    {
        _isr.Set(cause);
        if (vector != PciRegisters.VIRTIO_MSI_NO_VECTOR)
            Msix!.Signal(vector);
    }
}
