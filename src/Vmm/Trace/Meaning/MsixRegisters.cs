using Vmm.Devices.Pci.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>An MSI-X table: four doublewords a vector (PCI 3.0, 6.8.2).</summary>
internal sealed class MsixRegisters : IRegisterNames
{
    private static readonly string[] s_parts = ["address", "upper address", "data", "control"];

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        int part = (int)(exit.Offset % MsixSpec.EntrySize);
        string meaning = part == MsixSpec.EntryControl ? (exit.Value & MsixSpec.VectorMasked) != 0 ? "masked" : "open" : "";
        return new($"vector {exit.Offset / MsixSpec.EntrySize} {s_parts[part / sizeof(uint)]}", meaning);
    }
}
