namespace Vmm.Devices.Pci;

/// <summary>A stretch of guest-physical memory in which BARs may lie. It holds nothing else: no RAM, no other device.</summary>
/// <param name="Start">The first address.</param>
/// <param name="Size">Length in bytes.</param>
public readonly record struct PciWindow(ulong Start, ulong Size)
{
    /// <summary>Whether <paramref name="length"/> bytes from <paramref name="address"/> all lie in the window.</summary>
    public bool Contains(ulong address, ulong length)
    {
        ulong offset = unchecked(address - Start);
        return address >= Start && offset <= Size && length <= Size - offset;
    }
}
