using System.Buffers.Binary;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Messages with pages: whole, and wrong in each of their fields.</summary>
public sealed class PageReaderTests
{
    private const ulong Memory = 1 << 20;
    private const int Page = PageMessage.PageSize;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_filled_is_read(bool zstd)
    {
        using PageBatch batch = new(zstd);
        byte[] page = new byte[Page];
        page.AsSpan().Fill(5);
        Assert.True(batch.Add(0, page, tellZero: true));
        Assert.True(batch.Add(Page, page, tellZero: true));
        Assert.False(batch.Add(2 * Page, new byte[Page], tellZero: true));
        Assert.False(batch.Add(3 * Page, new byte[Page], tellZero: false));
        Assert.True(batch.Add(9 * Page, page, tellZero: true));
        Memory<byte> frame = batch.Finish(3);
        using PageReader reader = new(Memory, zstd);
        ReadOnlySpan<PageRun> runs = reader.Read(frame.Span[FrameHeader.Size..], out ReadOnlySpan<byte> content);
        Assert.Equal([new(0, 2 * Page, false), new(2 * Page, Page, true), new(9 * Page, Page, false)], runs.ToArray());
        Assert.Equal(3u, reader.Round);
        Assert.Equal(3 * Page, content.Length);
        Assert.False(content.ContainsAnyExcept((byte)5));
        Assert.True(batch.IsEmpty);
    }

    [Theory]
    [Trait("Row", "71")]
    [Trait("Row", "81")]
    [InlineData(0, 0x100000, 1u, "is not in RAM")]
    [InlineData(0, 0xff000, 2u, "is not in RAM")]
    [InlineData(0, -4096, 2u, "is not in RAM")]
    [InlineData(0, 0x1001, 1u, "is not in RAM")]
    [InlineData(0, 0, 0u, "is not in RAM")]
    [InlineData(0, 0, 0xffffffffu, "is not in RAM")]
    [InlineData(2, 0, 1u, "of the kind 2")]
    [InlineData(0, 0, 65u, "more than 64 pages")]
    [InlineData(0, 0, 2u, "where its runs say")]
    public void Run_that_cannot_be_is_refused(int kind, long offset, uint pages, string because)
    {
        byte[] payload = Message(1, (ulong)offset, pages, (uint)kind, content: Page);
        using PageReader reader = new(Memory, zstd: false);
        Assert.Contains(because, Assert.Throws<ProtocolException>(() => reader.Read(payload, out _)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Row", "71")]
    [InlineData(PageMessage.RunsAt, 0)]
    [InlineData(PageMessage.RunsAt, 129)]
    [InlineData(PageMessage.RunsAt, 2)]
    [InlineData(PageMessage.EncodingAt, 1)]
    [InlineData(PageMessage.EncodingAt, 2)]
    [InlineData(PageMessage.ReservedAt, 1)]
    [InlineData(PageMessage.SecondReservedAt, 1)]
    [InlineData(PageMessage.ContentLengthAt, 1)]
    [InlineData(PageMessage.ContentLengthAt + 3, 0x80)]
    public void Field_that_cannot_be_is_refused(int at, byte value)
    {
        byte[] payload = Message(1, 0, 1, PageMessage.HasContent, content: Page);
        payload[at] = value;
        using PageReader reader = new(Memory, zstd: at != PageMessage.EncodingAt || value == 2);
        Assert.Throws<ProtocolException>(() => reader.Read(payload, out _));
    }

    [Fact]
    [Trait("Row", "71")]
    public void Compressed_pages_that_are_more_than_they_say_are_refused()
    {
        byte[] bomb;
        using (ZstdSharp.Compressor compressor = new())
            bomb = compressor.Wrap(new byte[64 << 20]).ToArray();
        byte[] payload = [.. Message(1, 0, 1, PageMessage.HasContent, 0)[..PageMessage.PrefixSize], .. bomb, .. Message(1, 0, 1, PageMessage.HasContent, 0)[PageMessage.PrefixSize..]];
        payload[PageMessage.EncodingAt] = PageMessage.Zstd;
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(PageMessage.ContentLengthAt), (uint)bomb.Length);
        using PageReader reader = new(Memory, zstd: true);
        Assert.Throws<ProtocolException>(() => reader.Read(payload, out _));
    }

    [Fact]
    [Trait("Row", "81")]
    public void Page_that_comes_twice_in_a_round_is_an_error_and_in_the_next_round_it_is_not()
    {
        PageLedger ledger = new(Memory);
        ledger.Enter(new PageRun(60 * Page, 10 * Page, IsZero: false));
        Assert.Throws<ProtocolException>(() => ledger.Enter(new PageRun(69 * Page, Page, IsZero: true)));
        ledger.Clear();
        ledger.Enter(new PageRun(0, Memory, IsZero: false));
    }

    [Fact]
    public void Round_ends_when_it_has_ended_on_every_connection()
    {
        List<uint> over = [];
        RoundBook book = new(2, Memory, over.Add);
        PageRun[] page = [new(0, Page, IsZero: false)];
        book.Enter(0, 0, page);
        book.End(0, 0);
        Assert.False(book.IsBetweenRounds);
        Assert.Throws<ProtocolException>(() => book.Enter(0, 1, page));
        Assert.Throws<ProtocolException>(() => book.End(0, 0));
        book.End(1, 0);
        Assert.Equal([0u], over);
        Assert.True(book.IsBetweenRounds);
        Assert.Throws<ProtocolException>(() => book.Enter(1, 0, page));
        book.Enter(1, 1, page);
        Assert.False(book.IsBetweenRounds);
    }

    private static byte[] Message(ushort runs, ulong offset, uint pages, uint kind, int content)
    {
        byte[] payload = new byte[PageMessage.PrefixSize + content + PageMessage.RunSize];
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(PageMessage.RunsAt), runs);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(PageMessage.ContentLengthAt), (uint)content);
        Span<byte> run = payload.AsSpan(PageMessage.PrefixSize + content);
        BinaryPrimitives.WriteUInt64LittleEndian(run, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(run[PageMessage.RunPagesAt..], pages);
        BinaryPrimitives.WriteUInt32LittleEndian(run[PageMessage.RunKindAt..], kind);
        return payload;
    }
}
