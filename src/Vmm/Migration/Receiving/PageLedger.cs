using Vmm.Migration.Protocol;

namespace Vmm.Migration.Receiving;

/// <summary>Which pages came in a round: one that comes twice is an error. Any thread enters pages.</summary>
/// <param name="memory">RAM in bytes.</param>
internal sealed class PageLedger(ulong memory)
{
    private const int WordShift = 6;
    private const ulong WordMask = (1 << WordShift) - 1;

    private readonly ulong[] _words = new ulong[(memory / PageMessage.PageSize + WordMask) >> WordShift];

    /// <summary>Enters pages.</summary>
    /// <exception cref="ProtocolException">One of them is entered already.</exception>
    public void Enter(in PageRun run)
    {
        ulong page = run.Offset / PageMessage.PageSize;
        ulong end = page + run.Length / PageMessage.PageSize;
        while (page < end)
        {
            int bit = (int)(page & WordMask);
            int count = (int)Math.Min(end - page, WordMask + 1 - (ulong)bit);
            ulong mask = (ulong.MaxValue >> (int)(WordMask + 1 - (ulong)count)) << bit;
            if ((Interlocked.Or(ref _words[page >> WordShift], mask) & mask) != 0)
                throw new ProtocolException($"a page among the {count} at 0x{page * PageMessage.PageSize:x} came twice");
            page += (ulong)count;
        }
    }

    /// <summary>Begins a round. Nobody enters meanwhile.</summary>
    public void Clear() => Array.Clear(_words);
}
