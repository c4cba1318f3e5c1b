using Vmm.Devices.Backends;

namespace Vmm.Consoles;

/// <summary>A console that leads nowhere.</summary>
internal sealed class NullSink : IByteSink
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
    }
}
