using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Pci;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>
/// The configuration access capability: a window through which a driver that cannot reach the BAR (early firmware)
/// reads and writes the structures in it. Virtio 1.2, 4.1.4.9. It leads to this function's own structures, nowhere else.
/// </summary>
internal sealed class VirtioPciConfigAccess
{
    private const int MaxWidth = 4;

    private readonly PciConfigSpace _config;
    private readonly int _capability;
    private readonly IBusDevice _structures;

    /// <param name="config">The function's configuration space.</param>
    /// <param name="capability">Where the capability is in it.</param>
    /// <param name="structures">What is in the BAR.</param>
    public VirtioPciConfigAccess(PciConfigSpace config, int capability, IBusDevice structures)
    {
        (_config, _capability, _structures) = (config, capability, structures);
        config.AllowUInt8(capability + PciRegisters.VIRTIO_PCI_CAP_BAR, 0xff);
        config.AllowUInt32(capability + PciRegisters.VIRTIO_PCI_CAP_OFFSET, uint.MaxValue);
        config.AllowUInt32(capability + PciRegisters.VIRTIO_PCI_CAP_LENGTH, uint.MaxValue);
        config.AllowUInt32(Data, uint.MaxValue);
    }

    private int Data => _capability + PciRegisters.VIRTIO_PCI_NOTIFY_CAP_MULT;

    /// <summary>The guest is about to read configuration space: if it is the window, fetch what is behind it.</summary>
    public void BeforeRead(int offset, int length)
    {
        if (!IsWindow(offset, length) || !TryGetTarget(out uint target, out int width))
            return;
        Span<byte> data = stackalloc byte[MaxWidth];
        _structures.Read(target, data[..width]);
        _config.SetUInt16(Data, BinaryPrimitives.ReadUInt16LittleEndian(data));
        _config.SetUInt16(Data + 2, BinaryPrimitives.ReadUInt16LittleEndian(data[2..]));
    }

    /// <summary>The guest wrote configuration space: if it was the window, pass it on.</summary>
    public void AfterWrite(int offset, int length)
    {
        if (!IsWindow(offset, length) || !TryGetTarget(out uint target, out int width))
            return;
        Span<byte> data = stackalloc byte[MaxWidth];
        BinaryPrimitives.WriteUInt32LittleEndian(data, _config.ReadUInt32(Data));
        _structures.Write(target, data[..width]);
    }

    private bool IsWindow(int offset, int length) => offset < Data + MaxWidth && length > Data - offset;

    /// <summary>4.1.4.9.1: the offset is a multiple of the length, which is 1, 2 or 4, and lies in a BAR of ours.</summary>
    private bool TryGetTarget(out uint target, out int width)
    {
        target = _config.ReadUInt32(_capability + PciRegisters.VIRTIO_PCI_CAP_OFFSET);
        uint length = _config.ReadUInt32(_capability + PciRegisters.VIRTIO_PCI_CAP_LENGTH);
        width = (int)length;
        return _config[_capability + PciRegisters.VIRTIO_PCI_CAP_BAR] == VirtioPciLayout.Bar
            && length is 1 or 2 or MaxWidth
            && target % length == 0
            && target < VirtioPciLayout.BarSize;
    }
}
