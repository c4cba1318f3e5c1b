namespace Vmm.Guest.Cpu;

/// <summary>GDTR or IDTR.</summary>
/// <param name="Base">Linear address of the table.</param>
/// <param name="Limit">Its last byte.</param>
public readonly record struct DescriptorTable(ulong Base, ushort Limit);
