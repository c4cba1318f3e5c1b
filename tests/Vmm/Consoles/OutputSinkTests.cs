using System.Diagnostics;
using System.IO.Pipes;
using System.Text;
using Vmm.Consoles;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

[Collection(AloneCollection.Name)]
public sealed class OutputSinkTests : IDisposable
{
    private readonly AnonymousPipeServerStream _reader = new(PipeDirection.In);

    private int WriteEnd => (int)_reader.ClientSafePipeHandle.DangerousGetHandle();

    public void Dispose() => _reader.Dispose();

    private byte[] ReadAll()
    {
        _reader.DisposeLocalCopyOfClientHandle();
        using MemoryStream all = new();
        _reader.CopyTo(all);
        return all.ToArray();
    }

    [Fact]
    public void Everything_printed_is_written_before_the_sink_is_gone()
    {
        StringBuilder expected = new();
        using (OutputSink sink = new(WriteEnd, "test"))
        {
            for (int i = 0; i < 5000; i++)
            {
                byte value = (byte)('a' + i % 26);
                expected.Append((char)value);
                sink.Write([value]);
            }
        }
        Assert.Equal(expected.ToString(), Encoding.ASCII.GetString(ReadAll()));
    }

    [Fact]
    public void More_than_the_ring_holds_arrives_in_order_when_the_reader_keeps_up()
    {
        byte[] text = new byte[OutputSink.Capacity * 4];
        new Random(1).NextBytes(text);
        byte[] all = new byte[text.Length];
        Thread reading = new(() => _reader.ReadExactly(all));
        reading.Start();
        using (OutputSink sink = new(WriteEnd, "test"))
        {
            for (int i = 0; i < text.Length; i += 1000)
            {
                // A guest slower than its reader: no more than half a ring is ahead.
                sink.Write(text.AsSpan(i, Math.Min(1000, text.Length - i)));
                SpinWait.SpinUntil(() => sink.Waiting < OutputSink.Capacity / 2);
            }
            Assert.Equal(0, sink.Dropped);
        }
        reading.Join();
        Assert.Equal(text, all);
    }

    [Fact]
    [Trait("Row", "44")]
    [Trait("Row", "88")]
    public void Stalled_reader_bounds_what_waits_and_never_blocks_the_guest()
    {
        const int Total = 8 * OutputSink.Capacity;
        const int PipeCapacity = 64 << 10;
        byte[] chunk = new byte[4096];
        OutputSink sink = new(WriteEnd, "test") { StallLimit = TimeSpan.FromMilliseconds(50) };
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Total; i += chunk.Length)
            sink.Write(chunk);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(sink.Waiting, 1, OutputSink.Capacity);
        sink.Dispose();
        Assert.InRange(sink.Dropped, Total - PipeCapacity - 1, Total);
    }

    [Fact]
    [Trait("Row", "88")]
    public void Closed_reader_drops_and_counts_and_nobody_dies()
    {
        int end = WriteEnd;
        using OutputSink sink = new(end, "test");
        _reader.SafePipeHandle.Dispose();
        sink.Write(new byte[100]);
        SpinWait.SpinUntil(() => sink.Dropped > 0, TimeSpan.FromSeconds(20));
        sink.Write(new byte[50]);
        Assert.Equal(150, sink.Dropped);
    }

    [Fact]
    [Trait("Row", "88")]
    public void Full_disk_drops_and_counts()
    {
        SafeFd full = SafeFd.Own(Linux.open("/dev/full", Linux.O_WRONLY, 0), "open");
        OutputSink sink = new(full, "test");
        sink.Write(new byte[10]);
        sink.Dispose();
        Assert.Equal(10, sink.Dropped);
        Assert.Equal(Errno.ENOSPC, sink.Refusal);
        Assert.True(full.IsClosed);
    }

    [Fact]
    public void What_comes_after_the_end_is_dropped_and_counted()
    {
        OutputSink sink = new(WriteEnd, "test");
        sink.Dispose();
        sink.Write(new byte[3]);
        Assert.Equal(3, sink.Dropped);
    }

    [Fact]
    public void Printing_allocates_nothing_for_each_byte()
    {
        const int Bytes = 100_000;
        // The runtime makes a wait object when two threads first meet at a lock: once a thread, never once a byte.
        const int OnceAThread = 32 << 10;
        using FileStream nowhere = new("/dev/null", FileMode.Open, FileAccess.Write);
        using OutputSink sink = new((int)nowhere.SafeFileHandle.DangerousGetHandle(), "test");
        byte[] one = [65];
        sink.Write(one);
        for (int i = 0; i < 1000; i++)
            sink.Write(one);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Bytes; i++)
            sink.Write(one);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, OnceAThread);
    }
}
