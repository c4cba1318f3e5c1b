using System.Buffers.Binary;
using Vmm.Guest.Memory;
using Vmm.Migration.Protocol;
using ZstdSharp;

namespace Vmm.Migration.Sending;

/// <summary>
/// One <see cref="MessageType.Pages"/> message while it is filled. Pages are copied first and looked at then: the guest runs,
/// and what was summed has to be what is sent. Allocates nothing once it is made.
/// </summary>
/// <param name="compress">Whether the content is compressed where that makes it smaller.</param>
internal sealed class PageBatch(bool compress) : IDisposable
{
    /// <summary>The fastest of zstd's levels that is not one of its "negative" ones: a link is rarely slower than that.</summary>
    private const int Level = 1;

    private readonly byte[] _frame = new byte[FrameHeader.Size + PageMessage.LargestPayload];
    private readonly byte[] _runs = new byte[PageMessage.MostRuns * PageMessage.RunSize];
    private readonly Compressor? _compressor = compress ? new(Level) : null;
    private readonly byte[] _packed = compress ? new byte[Compressor.GetCompressBound(PageMessage.MostPages * PageMessage.PageSize)] : [];
    private int _pages;
    private int _runCount;
    private int _finishedPages;
    private int _finishedRuns;
    private ulong _lastEnd;
    private uint _lastKind;

    /// <summary>Pages with content in it.</summary>
    public int Pages => _pages;

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _runCount == 0;

    /// <summary>Whether it must be sent before another page is added.</summary>
    public bool IsFull => _pages == PageMessage.MostPages || _runCount == PageMessage.MostRuns;

    private Span<byte> Payload => _frame.AsSpan(FrameHeader.Size);

    /// <summary>Adds a page.</summary>
    /// <param name="offset">Its place in RAM.</param>
    /// <param name="page">Its content, which may change meanwhile.</param>
    /// <param name="tellZero">Whether a page that is all zero has to be told: the other side may have another content of it.</param>
    /// <returns>False when it was zero.</returns>
    public bool Add(ulong offset, ReadOnlySpan<byte> page, bool tellZero)
    {
        Span<byte> copy = Payload.Slice(PageMessage.PrefixSize + _pages * PageMessage.PageSize, PageMessage.PageSize);
        page.CopyTo(copy);
        bool isZero = !copy.ContainsAnyExcept((byte)0);
        if (!isZero)
            _pages++;
        if (!isZero || tellZero)
            AddToRuns(offset, isZero ? PageMessage.IsZero : PageMessage.HasContent);
        return !isZero;
    }

    /// <summary>Completes the message and begins the next.</summary>
    /// <param name="round">The round that the pages belong to.</param>
    /// <returns>Room for a header, and the payload; until the next page is added.</returns>
    public Memory<byte> Finish(uint round)
    {
        Span<byte> payload = Payload;
        int length = _pages * PageMessage.PageSize;
        byte encoding = PageMessage.Plain;
        if (_compressor is not null && length > 0 && _compressor.Wrap(payload.Slice(PageMessage.PrefixSize, length), _packed) is int packed && packed < length)
        {
            _packed.AsSpan(0, packed).CopyTo(payload[PageMessage.PrefixSize..]);
            (encoding, length) = (PageMessage.Zstd, packed);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(payload, round);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[PageMessage.RunsAt..], (ushort)_runCount);
        payload[PageMessage.EncodingAt] = encoding;
        payload[PageMessage.ReservedAt] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(payload[PageMessage.ContentLengthAt..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[PageMessage.SecondReservedAt..], 0);
        int runs = _runCount * PageMessage.RunSize;
        _runs.AsSpan(0, runs).CopyTo(payload[(PageMessage.PrefixSize + length)..]);
        (_finishedPages, _finishedRuns) = (_pages, _runCount);
        _pages = 0;
        _runCount = 0;
        return _frame.AsMemory(0, FrameHeader.Size + PageMessage.PrefixSize + length + runs);
    }

    /// <summary>The message that was completed last is not sent: marks its pages again.</summary>
    /// <param name="into">Gets the marks.</param>
    /// <param name="content">How many of the pages have content.</param>
    /// <returns>Bytes of RAM that are marked.</returns>
    public ulong PutBack(DirtyBitmap into, out int content)
    {
        ulong bytes = 0;
        for (int i = 0; i < _finishedRuns; i++)
        {
            ReadOnlySpan<byte> run = _runs.AsSpan(i * PageMessage.RunSize, PageMessage.RunSize);
            ulong length = BinaryPrimitives.ReadUInt32LittleEndian(run[PageMessage.RunPagesAt..]) * (ulong)PageMessage.PageSize;
            into.Mark(BinaryPrimitives.ReadUInt64LittleEndian(run), length);
            bytes += length;
        }
        content = _finishedPages;
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _compressor?.Dispose();

    private void AddToRuns(ulong offset, uint kind)
    {
        if (_runCount > 0 && offset == _lastEnd && kind == _lastKind)
        {
            Span<byte> pages = _runs.AsSpan((_runCount - 1) * PageMessage.RunSize + PageMessage.RunPagesAt);
            BinaryPrimitives.WriteUInt32LittleEndian(pages, BinaryPrimitives.ReadUInt32LittleEndian(pages) + 1);
        }
        else
        {
            Span<byte> run = _runs.AsSpan(_runCount++ * PageMessage.RunSize);
            BinaryPrimitives.WriteUInt64LittleEndian(run, offset);
            BinaryPrimitives.WriteUInt32LittleEndian(run[PageMessage.RunPagesAt..], 1);
            BinaryPrimitives.WriteUInt32LittleEndian(run[PageMessage.RunKindAt..], kind);
        }
        _lastEnd = offset + PageMessage.PageSize;
        _lastKind = kind;
    }
}
