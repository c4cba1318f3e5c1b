using Vmm.Devices.Bus;
using Vmm.Devices.Pci.Spec;

namespace Vmm.Devices.Pci;

/// <summary>
/// Configuration access by memory: 4 KiB a function, 1 MiB a bus. Buses on which nothing is read as all-ones, and so does
/// an access that straddles two functions.
/// </summary>
public sealed class EcamWindow(PciBus bus) : IBusDevice
{
    private const ulong OffsetMask = PciConfigMechanism.EcamFunctionSize - 1;

    /// <inheritdoc/>
    public string Name => "pci-ecam";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        if (TryLocate(offset, data.Length, out PciAddress address, out int register))
            bus.ReadConfig(address, register, data);
        else
            data.Fill(0xff);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (TryLocate(offset, data.Length, out PciAddress address, out int register))
            bus.WriteConfig(address, register, data);
    }

    private static bool TryLocate(ulong offset, int length, out PciAddress address, out int register)
    {
        ulong function = offset >> PciConfigMechanism.EcamFunctionShift;
        register = (int)(offset & OffsetMask);
        address = PciAddress.Unpack((uint)function);
        return function <= ushort.MaxValue && length <= (int)PciConfigMechanism.EcamFunctionSize - register;
    }
}
