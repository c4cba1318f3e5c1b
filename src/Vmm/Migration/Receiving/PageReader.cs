using System.Buffers.Binary;
using Vmm.Migration.Protocol;
using ZstdSharp;

namespace Vmm.Migration.Receiving;

/// <summary>Takes <see cref="MessageType.Pages"/> messages apart, and checks each before a byte of it is used. One a connection; allocates nothing once it is made.</summary>
/// <param name="memory">RAM in bytes.</param>
/// <param name="zstd">Whether compressed content was agreed on.</param>
internal sealed class PageReader(ulong memory, bool zstd) : IDisposable
{
    private readonly Decompressor? _decompressor = zstd ? new() : null;
    private readonly byte[] _unpacked = zstd ? new byte[PageMessage.MostPages * PageMessage.PageSize] : [];
    private readonly PageRun[] _runs = new PageRun[PageMessage.MostRuns];

    /// <summary>The round of the last message.</summary>
    public uint Round { get; private set; }

    /// <summary>Reads a message.</summary>
    /// <param name="payload">Its payload.</param>
    /// <param name="content">The pages of all runs that have content.</param>
    /// <returns>The runs, all of them in RAM; until the next message is read.</returns>
    /// <exception cref="ProtocolException">It is malformed, or names pages outside RAM.</exception>
    public ReadOnlySpan<PageRun> Read(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> content)
    {
        if (payload.Length < PageMessage.PrefixSize)
            throw new ProtocolException($"a message with pages has {payload.Length} bytes, less than its fixed part");
        Round = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        int runs = BinaryPrimitives.ReadUInt16LittleEndian(payload[PageMessage.RunsAt..]);
        byte encoding = payload[PageMessage.EncodingAt];
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(payload[PageMessage.ContentLengthAt..]);
        if (payload[PageMessage.ReservedAt] != 0 || BinaryPrimitives.ReadUInt32LittleEndian(payload[PageMessage.SecondReservedAt..]) != 0)
            throw new ProtocolException("a message with pages has something where 0 has to be");
        if (runs is 0 or > PageMessage.MostRuns)
            throw new ProtocolException($"a message with {runs} runs of pages: there are 1 to {PageMessage.MostRuns} in one");
        ReadOnlySpan<byte> rest = payload[PageMessage.PrefixSize..];
        int table = runs * PageMessage.RunSize;
        if (table > rest.Length || length != (uint)(rest.Length - table))
            throw new ProtocolException($"a message with pages has {rest.Length} bytes where it says {length} and {runs} runs");
        uint pages = ReadRuns(rest[(int)length..], runs);
        content = Unpack(rest[..(int)length], encoding, (int)pages * PageMessage.PageSize);
        return _runs.AsSpan(0, runs);
    }

    /// <inheritdoc/>
    public void Dispose() => _decompressor?.Dispose();

    /// <summary>Reads the table; returns how many pages have content.</summary>
    private uint ReadRuns(ReadOnlySpan<byte> table, int count)
    {
        uint pages = 0;
        for (int i = 0; i < count; i++, table = table[PageMessage.RunSize..])
        {
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(table);
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(table[PageMessage.RunPagesAt..]);
            uint kind = BinaryPrimitives.ReadUInt32LittleEndian(table[PageMessage.RunKindAt..]);
            ulong length = (ulong)number * PageMessage.PageSize;
            if (number == 0 || offset % PageMessage.PageSize != 0 || length > memory || offset > memory - length)
                throw new ProtocolException($"a run of {number} pages at 0x{offset:x} is not in RAM, which has 0x{memory:x} bytes");
            if (kind is not (PageMessage.HasContent or PageMessage.IsZero))
                throw new ProtocolException($"a run of pages is of the kind {kind}, which there is not");
            if (kind == PageMessage.HasContent && (number > PageMessage.MostPages || (pages += number) > PageMessage.MostPages))
                throw new ProtocolException($"a message has more than {PageMessage.MostPages} pages");
            _runs[i] = new PageRun(offset, length, kind == PageMessage.IsZero);
        }
        return pages;
    }

    private ReadOnlySpan<byte> Unpack(ReadOnlySpan<byte> written, byte encoding, int expected)
    {
        if (encoding == PageMessage.Plain && written.Length == expected)
            return written;
        if (encoding != PageMessage.Zstd || _decompressor is null)
            throw new ProtocolException($"a message has {written.Length} bytes of content (encoding {encoding}) where its runs say {expected}");
        try
        {
            int got = _decompressor.Unwrap(written, _unpacked.AsSpan(0, expected));
            return got == expected ? _unpacked.AsSpan(0, got) : throw new ProtocolException($"a message has {got} bytes of pages where its runs say {expected}");
        }
        catch (ZstdException damaged)
        {
            throw new ProtocolException($"a message's compressed pages cannot be read ({damaged.Message})", damaged);
        }
    }
}
