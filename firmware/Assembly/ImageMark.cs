namespace Vmm.Firmware.Assembly;

/// <summary>A name or a remark at an address of a section; listings show both.</summary>
/// <param name="Address">The address it stands at, as the guest sees it.</param>
/// <param name="Text">The label's name, or the remark.</param>
/// <param name="IsLabel">True for a name that operands may refer to.</param>
public readonly record struct ImageMark(ulong Address, string Text, bool IsLabel);
