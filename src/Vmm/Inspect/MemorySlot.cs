namespace Vmm.Inspect;

/// <summary>A run of the guest's RAM, as KVM was given it.</summary>
/// <param name="Number">The slot's number.</param>
/// <param name="Start">The first guest-physical address.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Place">Where its first byte is: an address in the VM's process, or an offset in a snapshot's memory file.</param>
internal sealed record MemorySlot(int Number, ulong Start, ulong Size, ulong Place)
{
    /// <summary>Whether an address is in it.</summary>
    public bool Contains(ulong address) => address >= Start && address - Start < Size;

    /// <summary>Where an address is that is in it.</summary>
    public ulong PlaceOf(ulong address) => Place + (address - Start);
}
