namespace Vmm.Guest.Cpu.Paging;

/// <summary>One entry that a walk read.</summary>
/// <param name="Level">Whose entry it is.</param>
/// <param name="Index">Its number in the table.</param>
/// <param name="Address">Where it is, guest-physical.</param>
/// <param name="Value">What it was.</param>
public readonly record struct PageWalkStep(PageLevel Level, int Index, ulong Address, ulong Value)
{
    /// <summary>The names of its flags.</summary>
    public IReadOnlyList<string> Flags => PageEntry.Names(Value, Level);
}
