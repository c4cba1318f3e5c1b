using System.Numerics;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Snapshot.Memory;

namespace Vmm.Migration.Receiving;

/// <summary>
/// Puts the pages of a migration together to the larger ones of the host that RAM is made of: only whole ones can be placed under a
/// guest that runs. What came of one waits here, at its place in a mapping as large as RAM, which takes no more memory than was sent
/// and gives it back when the page is placed. Any thread.
/// </summary>
/// <param name="server">Places them.</param>
/// <param name="memory">RAM in bytes.</param>
internal sealed unsafe class PageAssembly(PageServer server, ulong memory) : IDisposable
{
    private readonly Mapping _parts = Mapping.Create(memory, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE, null);
    private readonly int[] _missing = NewCounts(server, memory);
    private readonly int _shift = BitOperations.Log2(server.PageSize);

    /// <summary>One for who serves pages that are larger than those of a migration; null otherwise.</summary>
    public static PageAssembly? For(PageServer server, ulong memory) => server.PageSize > PageMessage.PageSize ? new(server, memory) : null;

    /// <summary>Adds pages, each of them once.</summary>
    /// <param name="run">Which.</param>
    /// <param name="content">Their content; not looked at where they are zero.</param>
    public void Add(in PageRun run, ReadOnlySpan<byte> content)
    {
        for (ulong done = 0; done < run.Length;)
        {
            ulong at = run.Offset + done;
            ulong length = Math.Min(run.Length - done, server.PageSize - (at & (server.PageSize - 1)));
            if (!run.IsZero)
                content.Slice((int)done, (int)length).CopyTo(new Span<byte>((void*)(_parts.Address + (nint)at), (int)length));
            // A full fence: whoever adds the last part sees all others.
            if (Interlocked.Add(ref _missing[at >> _shift], -(int)(length / PageMessage.PageSize)) == 0)
                Place(at & ~(server.PageSize - 1));
            done += length;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _parts.Dispose();

    private void Place(ulong offset)
    {
        nint whole = _parts.Address + (nint)offset;
        server.Place(offset, new ReadOnlySpan<byte>((void*)whole, (int)server.PageSize));
        _ = Linux.madvise(whole, (nuint)server.PageSize, Linux.MADV_DONTNEED);
    }

    private static int[] NewCounts(PageServer server, ulong memory)
    {
        int[] counts = new int[memory / server.PageSize];
        Array.Fill(counts, (int)(server.PageSize / PageMessage.PageSize));
        return counts;
    }
}
