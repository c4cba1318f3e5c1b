using Vmm.Devices.Pci.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>PCI configuration by ports: the address at 0xcf8, the data at 0xcfc (PCI 3.0, 3.2.2.3.2).</summary>
internal sealed class PciConfigRegisters : IRegisterNames
{
    private uint _address;

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        if (exit.Offset >= PciConfigMechanism.PortCount)
            return null;
        if (exit.Offset >= PciConfigMechanism.DataOffset)
            return PciFields.Read(Function, Register + (int)(exit.Offset - PciConfigMechanism.DataOffset), exit.Size, exit.Value, exit.IsWrite);
        if (exit.Offset != 0 || exit.Size != sizeof(uint))
            return exit.Offset == PciConfigMechanism.ResetControlOffset ? new("reset control") : null;
        if (exit.IsWrite)
            _address = (uint)exit.Value;
        return new("address", (exit.Value & PciConfigMechanism.Enable) == 0 ? "off" : $"{Function >> 8:x2}:{Function >> 3 & 0x1f:x2}.{Function & 7} +0x{Register:x2}");
    }

    private int Function => (int)(_address >> PciConfigMechanism.AddressShift & ushort.MaxValue);

    private int Register => (int)(_address & PciConfigMechanism.RegisterMask);
}
