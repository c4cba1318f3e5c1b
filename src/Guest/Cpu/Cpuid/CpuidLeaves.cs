namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>CPUID entries being edited. They keep the order in which they came; what is added goes behind its kin.</summary>
internal sealed class CpuidLeaves(ReadOnlySpan<CpuidEntry> entries)
{
    private readonly List<CpuidEntry> _entries = [.. entries];

    /// <summary>How many.</summary>
    public int Count => _entries.Count;

    /// <summary>Where a leaf is, or −1.</summary>
    public int IndexOf(uint function, uint index = 0) => _entries.FindIndex(e => e.Function == function && e.Index == index);

    /// <summary>The entry at a place.</summary>
    public CpuidEntry this[int at]
    {
        get => _entries[at];
        set => _entries[at] = value;
    }

    /// <summary>An entry; all zero when there is none.</summary>
    public CpuidEntry Get(uint function, uint index = 0)
    {
        int at = IndexOf(function, index);
        return at < 0 ? new CpuidEntry(function, index, 0, 0, 0, 0, 0) : _entries[at];
    }

    /// <summary>Replaces an entry, or adds it behind the last that is not above it in the same range.</summary>
    public void Set(in CpuidEntry entry)
    {
        int at = IndexOf(entry.Function, entry.Index);
        if (at >= 0)
        {
            _entries[at] = entry;
            return;
        }
        uint function = entry.Function;
        int last = _entries.FindLastIndex(e => e.Function >> 28 == function >> 28 && e.Function <= function);
        _entries.Insert(last + 1, entry);
    }

    /// <summary>Takes away all sub-leaves of a leaf.</summary>
    public void RemoveLeaf(uint function) => _entries.RemoveAll(e => e.Function == function);

    /// <summary>Takes away entries.</summary>
    public void RemoveWhere(Predicate<CpuidEntry> match) => _entries.RemoveAll(match);

    /// <summary>Whether a feature, by its exact name, is there: one of its bits is enough.</summary>
    public bool Has(string name)
    {
        (int first, int second) = CpuFeatureTable.IndexOf(name);
        return (first >= 0 && Has(CpuFeatureTable.All[first])) || (second >= 0 && Has(CpuFeatureTable.All[second]));
    }

    /// <summary>Whether a bit is set.</summary>
    public bool Has(in CpuFeatureBit bit) => (Get(bit.Function, bit.Index)[bit.Register] >> bit.Bit & 1) != 0;

    /// <summary>Sets or clears a bit; a leaf that does not exist keeps not existing when the bit is to be clear.</summary>
    public void Put(in CpuFeatureBit bit, bool value)
    {
        CpuidEntry entry = Get(bit.Function, bit.Index);
        uint mask = 1U << bit.Bit;
        uint now = entry[bit.Register];
        uint then = value ? now | mask : now & ~mask;
        if (then != now)
            Set(entry.With(bit.Register, then));
    }

    /// <summary>Clears all bits of a feature, by its exact name.</summary>
    /// <returns>Whether any was set.</returns>
    public bool Remove(string name)
    {
        if (!Has(name))
            return false;
        (int first, int second) = CpuFeatureTable.IndexOf(name);
        Put(CpuFeatureTable.All[first], false);
        if (second >= 0)
            Put(CpuFeatureTable.All[second], false);
        return true;
    }

    /// <summary>All entries.</summary>
    public CpuidEntry[] ToArray() => [.. _entries];
}
