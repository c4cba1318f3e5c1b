using Vmm.Devices.Bus;
using Vmm.Machine.Exits;

namespace Vmm.Bench.Exits;

/// <summary>The device whose accesses are measured: does nothing, at any address, port or register.</summary>
internal sealed class MeasuredDevice : IBusDevice, IMsrDevice
{
    /// <inheritdoc/>
    public string Name => "measured";

    /// <summary>How often it was accessed.</summary>
    public long Accesses { get; private set; }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        Accesses++;
        data.Clear();
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data) => Accesses++;

    /// <inheritdoc/>
    public bool TryRead(uint index, out ulong value)
    {
        Accesses++;
        value = 0;
        return index == ExitRows.StrangeMsr;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint index, ulong value)
    {
        Accesses++;
        return index == ExitRows.StrangeMsr;
    }
}
