namespace Vmm.Devices.Pci;

/// <summary>Where a function sits: bus, device (0–31), function (0–7).</summary>
/// <param name="Bus">Bus number.</param>
/// <param name="Device">Device number; only its five bits count.</param>
/// <param name="Function">Function number; only its three bits count.</param>
public readonly record struct PciAddress(byte Bus, byte Device, byte Function)
{
    private const int FunctionBits = 3;
    private const int DeviceBits = 5;

    /// <summary>Takes bus, device and function from the low 16 bits, as both access mechanisms pack them.</summary>
    public static PciAddress Unpack(uint value) => new(
        (byte)(value >> (FunctionBits + DeviceBits)),
        (byte)(value >> FunctionBits & ((1 << DeviceBits) - 1)),
        (byte)(value & ((1 << FunctionBits) - 1)));

    /// <inheritdoc/>
    public override string ToString() => $"{Bus:x2}:{Device:x2}.{Function:x}";
}
