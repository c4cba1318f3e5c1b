namespace Vmm.Guest.Memory;

/// <summary>A run of guest RAM that is contiguous both for the guest and in the host's address space.</summary>
/// <param name="Start">The first guest-physical address.</param>
/// <param name="Size">Length in bytes; never 0.</param>
/// <param name="HostBase">Where the host process has it mapped. The mapping outlives every user of the region.</param>
public readonly record struct MemoryRegion(GuestAddress Start, ulong Size, nint HostBase)
{
    /// <summary>The last guest-physical address that belongs to the region.</summary>
    public GuestAddress Last => new(Start.Value + (Size - 1));

    /// <summary>Whether all of <paramref name="length"/> bytes from <paramref name="address"/> lie inside.</summary>
    public bool Contains(GuestAddress address, ulong length)
    {
        ulong offset = unchecked(address.Value - Start.Value);
        return address.Value >= Start.Value && offset <= Size && length <= Size - offset;
    }
}
