using System.Runtime.CompilerServices;

namespace Vmm.Devices.Bus;

/// <summary>A run of addresses on a bus and the device that answers there.</summary>
/// <param name="start">The first address.</param>
/// <param name="length">Addresses in the run; never 0, and the run never passes 2⁶⁴.</param>
/// <param name="device">Who answers.</param>
public sealed class BusRange(ulong start, ulong length, IBusDevice device)
{
    private volatile bool _isTaken;

    /// <summary>The first address.</summary>
    public ulong Start { get; } = start;

    /// <summary>Addresses in the run.</summary>
    public ulong Length { get; } = length;

    /// <summary>The last address.</summary>
    public ulong Last => Start + (Length - 1);

    /// <summary>Who answers.</summary>
    public IBusDevice Device { get; } = device;

    /// <summary>Reads of the device. Found once: a call through the interface looks for it in two pages more, each time.</summary>
    public BusRead Read { get; } = device.Read;

    /// <summary>Writes to the device, likewise.</summary>
    public BusWrite Write { get; } = device.Write;

    /// <summary>Whether it was taken off its bus, which is for good. Whoever keeps a range asks before each use.</summary>
    internal bool IsTaken => _isTaken;

    /// <summary>Whether all of <paramref name="length"/> bytes from <paramref name="address"/> belong to the device.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(ulong address, int length)
    {
        // What lies below wraps to more than any run's length.
        ulong offset = unchecked(address - Start);
        return offset < Length && (ulong)length <= Length - offset;
    }

    /// <summary>It is being taken off its bus.</summary>
    internal void Take() => _isTaken = true;

    /// <inheritdoc/>
    public override string ToString() => $"{Device.Name} at 0x{Start:x}-0x{Last:x}";
}
