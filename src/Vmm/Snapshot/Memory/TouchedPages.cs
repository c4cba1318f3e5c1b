using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;

namespace Vmm.Snapshot.Memory;

/// <summary>Which pages of a guest's RAM can be other than zeros: those that have something behind them in the host, in RAM or on swap.</summary>
internal static unsafe class TouchedPages
{
    /// <summary>Entries of /proc/self/pagemap that are read at once.</summary>
    private const int AtOnce = 1 << 15;

    /// <summary>Bits 62 and 63 of an entry: swapped out, present (Documentation/admin-guide/mm/pagemap.rst).</summary>
    private const ulong HasPage = 3UL << 62;

    /// <summary>Looks at all of it. Where the host does not tell, all pages are in it.</summary>
    /// <exception cref="VmmException">Pages are still to come, which would pass for zeros; or another save is under way.</exception>
    public static DirtyBitmap Of(GuestRam ram)
    {
        if (ram.KeepsPages)
            throw new VmmException("the machine's memory is still being restored, or saved by another: try again when that is done");
        DirtyBitmap touched = new(ram.Length);
        foreach (SparseFile file in ram.Backing)
            AddData(file, touched);
        // The pages of a memfd are the file's: nothing else can be behind it.
        if (ram.File is null && !TryAddMapped(ram, touched))
            touched.Mark(0, ram.Length);
        return touched;
    }

    /// <summary>Marks the pages that are no hole in a file.</summary>
    public static void AddData(SparseFile file, DirtyBitmap touched)
    {
        for (ulong at = 0; at < touched.Length;)
        {
            ulong end = file.FindData(at, touched.Length, out ulong start);
            touched.Mark(start, end - start);
            at = end;
        }
    }

    private static bool TryAddMapped(GuestRam ram, DirtyBitmap touched)
    {
        int number = Linux.open("/proc/self/pagemap", Linux.O_RDONLY | Linux.O_CLOEXEC, 0);
        if (number < 0)
            return false;
        using SafeFd pagemap = new(number);
        ulong[] entries = GC.AllocateUninitializedArray<ulong>(AtOnce, pinned: true);
        for (ulong page = 0; page < touched.PageCount;)
        {
            int count = (int)Math.Min(AtOnce, touched.PageCount - page);
            long at = (long)(((ulong)ram.Start / DirtyBitmap.PageSize + page) * sizeof(ulong));
            nint read;
            fixed (ulong* start = entries)
                read = Linux.pread(pagemap.Number, start, (nuint)count * sizeof(ulong), at);
            if (read < sizeof(ulong))
                return false;
            count = (int)(read / sizeof(ulong));
            AddEntries(entries.AsSpan(0, count), page, touched.Words);
            page += (ulong)count;
        }
        return true;
    }

    private static void AddEntries(ReadOnlySpan<ulong> entries, ulong page, Span<ulong> words)
    {
        foreach (ulong entry in entries)
        {
            if ((entry & HasPage) != 0)
                words[(int)(page / 64)] |= 1UL << (int)page;
            page++;
        }
    }
}
