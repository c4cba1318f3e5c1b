using Vmm.Devices.Bus;
using Vmm.Devices.Pci;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>ISR status: why the device interrupts; reading takes it, and the pin's assertion, back. Virtio 1.2, 4.1.4.5.</summary>
internal sealed class VirtioPciIsr(VirtioDeviceCore core) : IBusDevice
{
    private byte _causes;

    public string Name => core.Device.Name;

    /// <summary>What there is to report.</summary>
    public byte Causes => _causes;

    /// <summary>The pin, if there is one.</summary>
    public PciIntx? Pin { get; set; }

    /// <summary>Notes a cause and asserts the pin (which stays silent while MSI-X is enabled). With the device's lock held.</summary>
    public void Set(byte cause)
    {
        _causes |= cause;
        Pin?.Set(true);
    }

    /// <summary>Nothing to report. With the device's lock held.</summary>
    public void Reset()
    {
        _causes = 0;
        Pin?.Set(false);
    }

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        if (offset != 0)
            return;
        using VirtioDeviceCore.Scope scope = core.Enter();
        data[0] = _causes;
        Reset();
    }

    /// <summary>Read-only.</summary>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
    }
}
