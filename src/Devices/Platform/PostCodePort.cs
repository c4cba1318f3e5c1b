using Vmm.Devices.Bus;

namespace Vmm.Devices.Platform;

/// <summary>Port 0x80. Firmware shows its progress there, and kernels write to it only to let a microsecond pass. The last value can be read back.</summary>
public sealed class PostCodePort : IBusDevice
{
    private volatile byte _last;

    /// <inheritdoc/>
    public string Name => "post-code";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Fill(_last);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data) => _last = data[0];
}
