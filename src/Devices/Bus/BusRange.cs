namespace Vmm.Devices.Bus;

/// <summary>A run of addresses on a bus and the device that answers there.</summary>
/// <param name="start">The first address.</param>
/// <param name="length">Addresses in the run; never 0, and the run never passes 2⁶⁴.</param>
/// <param name="device">Who answers.</param>
public sealed class BusRange(ulong start, ulong length, IBusDevice device)
{
    /// <summary>The first address.</summary>
    public ulong Start { get; } = start;

    /// <summary>Addresses in the run.</summary>
    public ulong Length { get; } = length;

    /// <summary>The last address.</summary>
    public ulong Last => Start + (Length - 1);

    /// <summary>Who answers.</summary>
    public IBusDevice Device { get; } = device;

    /// <summary>Whether all of <paramref name="length"/> bytes from <paramref name="address"/> belong to the device.</summary>
    public bool Contains(ulong address, int length)
    {
        ulong offset = unchecked(address - Start);
        return address >= Start && offset < Length && (ulong)length <= Length - offset;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Device.Name} at 0x{Start:x}-0x{Last:x}";
}
