namespace Vmm.Guest.Boot;

/// <summary>One range of the memory map.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Type">What it is for.</param>
public readonly record struct E820Entry(ulong Start, ulong Size, E820Type Type);
