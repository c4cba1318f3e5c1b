namespace Vmm.Devices.Bus;

/// <summary>A device's registers as a vCPU reaches them, by port or by memory address.</summary>
/// <remarks>
/// Called on vCPU threads, several at once: a device guards its own state. Guest faults are answered, never thrown:
/// a read of nothing gives all-ones, a write to nothing is dropped.
/// </remarks>
public interface IBusDevice
{
    /// <summary>The name that traces, statistics and errors use, such as <c>serial0</c>.</summary>
    string Name { get; }

    /// <summary>Fills <paramref name="data"/> (1, 2, 4 or 8 bytes) from the register at <paramref name="offset"/> from the device's start.</summary>
    void Read(ulong offset, Span<byte> data);

    /// <summary>Writes <paramref name="data"/> (1, 2, 4 or 8 bytes) to the register at <paramref name="offset"/> from the device's start.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> data);
}
