using Vmm.Devices.Backends;
using Vmm.Devices.Bus;
using Vmm.Devices.Platform.Spec;

namespace Vmm.Devices.Platform;

/// <summary>A console of one port, 0xE9: what is written is printed, and reading it gives the port's own number, by which software recognises it.</summary>
public sealed class DebugConsole(IByteSink output) : IBusDevice
{
    /// <inheritdoc/>
    public string Name => "debug-console";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Fill((byte)PlatformPort.DebugConsole);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data) => output.Write(data);
}
