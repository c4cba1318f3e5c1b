using Vmm.Devices.Pci.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>PCI configuration by ports: the address at 0xcf8, the data at 0xcfc (PCI 3.0, 3.2.2.3.2).</summary>
/// <param name="recorded">Which exits are in the trace.</param>
/// <param name="initial">What a selector holds when the trace begins; null when that is not known.</param>
internal sealed class PciConfigRegisters(ExitFilter recorded, ulong? initial) : IRegisterNames
{
    private readonly Selection _address = new(recorded, 0, initial);

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        if (exit.Offset >= PciConfigMechanism.PortCount)
            return null;
        if (exit.Offset >= PciConfigMechanism.DataOffset)
        {
            return _address.At(exit) is { } address
                ? PciFields.Read(Function(address), Register(address) + (int)(exit.Offset - PciConfigMechanism.DataOffset), exit.Size, exit.Value, exit.IsWrite)
                : new("data", "at an address that is not in the trace");
        }
        if (exit.Offset != 0 || exit.Size != sizeof(uint))
            return exit.Offset == PciConfigMechanism.ResetControlOffset ? new("reset control") : null;
        if (exit.IsWrite)
            _address.Set(exit.Value);
        int function = Function(exit.Value);
        return new("address", (exit.Value & PciConfigMechanism.Enable) == 0 ? "off" : $"{function >> 8:x2}:{function >> 3 & 0x1f:x2}.{function & 7} +0x{Register(exit.Value):x2}");
    }

    private static int Function(ulong address) => (int)(address >> PciConfigMechanism.AddressShift & ushort.MaxValue);

    private static int Register(ulong address) => (int)(address & PciConfigMechanism.RegisterMask);
}
