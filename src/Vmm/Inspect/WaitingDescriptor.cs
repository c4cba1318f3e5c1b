namespace Vmm.Inspect;

/// <summary>A descriptor of a chain that waits in a queue.</summary>
/// <param name="Index">Its number in its table.</param>
/// <param name="InTable">Whether it is one of an indirect table.</param>
/// <param name="Address">The buffer.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Flags">VIRTQ_DESC_F_ bits.</param>
/// <param name="Next">The next one, if there is one.</param>
internal sealed record WaitingDescriptor(int Index, bool InTable, ulong Address, uint Length, ushort Flags, ushort Next)
{
    /// <summary>Why the chain cannot be followed from here; null when it can, or ends.</summary>
    public string? Remark { get; init; }
}
