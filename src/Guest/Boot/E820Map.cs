using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>The memory map that every boot protocol reports: RAM without the BIOS area, and the ECAM window as reserved.</summary>
public static class E820Map
{
    /// <summary>Builds the map in ascending order.</summary>
    /// <param name="memory">The machine's RAM.</param>
    /// <param name="hasEcam">Whether to list the ECAM window: Linux uses it only when a map or a device says it is reserved.</param>
    public static IReadOnlyList<E820Entry> Build(GuestMemory memory, bool hasEcam)
    {
        var map = new List<E820Entry>(memory.Regions.Length + 3);
        foreach (MemoryRegion region in memory.Regions)
        {
            if (region.Contains(new GuestAddress(MemoryLayout.EbdaStart), MemoryLayout.HighMemoryStart - MemoryLayout.EbdaStart))
                SplitAtBiosArea(map, region);
            else
                map.Add(new E820Entry(region.Start.Value, region.Size, E820Type.Ram));
        }
        if (hasEcam)
        {
            var ecam = new E820Entry(MemoryLayout.EcamStart, MemoryLayout.EcamSize, E820Type.Reserved);
            int at = map.FindIndex(entry => entry.Start > ecam.Start);
            map.Insert(at < 0 ? map.Count : at, ecam);
        }
        return map;
    }

    private static void SplitAtBiosArea(List<E820Entry> map, MemoryRegion region)
    {
        ulong start = region.Start.Value;
        ulong end = start + region.Size;
        Add(map, start, MemoryLayout.EbdaStart, E820Type.Ram);
        Add(map, MemoryLayout.EbdaStart, MemoryLayout.HighMemoryStart, E820Type.Reserved);
        Add(map, MemoryLayout.HighMemoryStart, end, E820Type.Ram);
    }

    private static void Add(List<E820Entry> map, ulong start, ulong end, E820Type type)
    {
        if (end > start)
            map.Add(new E820Entry(start, end - start, type));
    }
}
