namespace Vmm.Firmware.Listing;

/// <summary>One line of a listing.</summary>
/// <param name="Kind">Which of the fields below mean something.</param>
/// <param name="Address">Where it stands, as the guest sees it.</param>
/// <param name="Bytes">The bytes of an instruction or of a piece of data.</param>
/// <param name="Text">The instruction, the label's name, the remark, or the section's description.</param>
public sealed record DisassemblyLine(
    DisassemblyLineKind Kind, ulong Address, ReadOnlyMemory<byte> Bytes, string Text);
