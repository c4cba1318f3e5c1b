using Vmm.Devices.Pci.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>PCI configuration in memory (PCI Express 3.0, 7.2.2).</summary>
internal sealed class EcamRegisters : IRegisterNames
{
    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit) => PciFields.Read(
        (int)(exit.Offset >> PciConfigMechanism.EcamFunctionShift & ushort.MaxValue), (int)(exit.Offset & (PciConfigMechanism.EcamFunctionSize - 1)), exit.Size, exit.Value, exit.IsWrite);
}
