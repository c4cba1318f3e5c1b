namespace Vmm.Inspect;

/// <summary>A disassembled instruction.</summary>
/// <param name="Address">Its offset in the code segment, as RIP counts.</param>
/// <param name="Bytes">What it is made of.</param>
/// <param name="Text">What it says.</param>
internal sealed record CodeLine(ulong Address, byte[] Bytes, string Text);
