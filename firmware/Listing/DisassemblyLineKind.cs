namespace Vmm.Firmware.Listing;

/// <summary>What a line of a listing is.</summary>
public enum DisassemblyLineKind
{
    /// <summary>The start of a section; the text names it.</summary>
    Section,

    /// <summary>A label before what follows.</summary>
    Label,

    /// <summary>A remark on what follows.</summary>
    Remark,

    /// <summary>An instruction and its bytes.</summary>
    Instruction,

    /// <summary>Data: text in quotes, or bytes.</summary>
    Data,
}
