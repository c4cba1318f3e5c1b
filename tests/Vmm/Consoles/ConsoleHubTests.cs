using System.Text;
using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class ConsoleHubTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConsoleHub _hub = new();

    public void Dispose() => _hub.Dispose();

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)(i * 7 % 251);
        return bytes;
    }

    private byte[] ReadAll(ref long position, out long lost)
    {
        byte[] buffer = new byte[2 * ConsoleHub.Capacity];
        int count = _hub.Read(ref position, buffer, TimeSpan.Zero, out lost);
        return buffer[..count];
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(ConsoleHub.Capacity, 1000)]
    [InlineData(3 * ConsoleHub.Capacity + 17, 1000)]
    [InlineData(3 * ConsoleHub.Capacity + 17, 5 * ConsoleHub.Capacity)]
    public void Reader_that_comes_late_gets_the_last_bytes(int total, int piece)
    {
        byte[] printed = Pattern(total);
        foreach (byte[] part in printed.Chunk(piece))
            _hub.Write(part);
        long position = _hub.Oldest;
        Assert.Equal(printed.TakeLast(ConsoleHub.Capacity), ReadAll(ref position, out long lost));
        Assert.Equal(0, lost);
        Assert.Equal(total, position);
    }

    [Fact]
    public void Slow_reader_is_told_how_much_it_missed_and_gets_the_rest()
    {
        byte[] printed = Pattern(ConsoleHub.Capacity + 1000);
        _hub.Write(printed.AsSpan(0, 500));
        long position = 0;
        Assert.Equal(printed[..500], ReadAll(ref position, out long lost));
        Assert.Equal(0, lost);
        _hub.Write(printed.AsSpan(500));
        _hub.Write("end"u8);
        byte[] rest = ReadAll(ref position, out lost);
        Assert.Equal(503, lost);
        Assert.Equal([.. printed[1003..], .. "end"u8], rest);
        Assert.Equal(500 + lost + rest.Length, position);
    }

    [Fact]
    public void Reader_waits_for_what_is_printed()
    {
        byte[] got = [];
        Thread reading = new(() =>
        {
            byte[] buffer = new byte[10];
            long position = 0;
            got = buffer[..Read(ref position, buffer)];
        });
        reading.Start();
        _hub.Write("hello"u8);
        Assert.True(reading.Join(s_patience));
        Assert.Equal("hello", Encoding.ASCII.GetString(got));
    }

    [Fact]
    public void End_of_the_machine_ends_readers_that_wait()
    {
        int[] counts = [-1, -1];
        Thread[] readers = [.. Enumerable.Range(0, counts.Length).Select(i => new Thread(() =>
        {
            long position = 0;
            counts[i] = Read(ref position, new byte[10]);
        }))];
        Array.ForEach(readers, reader => reader.Start());
        _hub.Dispose();
        Assert.All(readers, reader => Assert.True(reader.Join(s_patience)));
        Assert.Equal([0, 0], counts);
        Assert.True(_hub.HasEnded);
    }

    [Fact]
    public void What_was_printed_before_the_end_is_still_there_after_it()
    {
        _hub.Write("last words"u8);
        _hub.EndOutput();
        long position = 0;
        Assert.Equal("last words", Encoding.ASCII.GetString(ReadAll(ref position, out _)));
    }

    [Fact]
    public void Typing_reaches_the_guest_and_stops_when_it_takes_nothing()
    {
        FakeConsoleDevice device = new(room: 16);
        _hub.Input.Attach(device);
        Assert.Equal(5, _hub.Type("hello"u8));
        device.DrainUntil(5);
        Assert.Equal("hello", Encoding.ASCII.GetString(device.Taken));

        // The guest stops reading: what fits between it and us is taken, and then no more. Nobody waits.
        byte[] paste = Pattern(1 << 20);
        int taken = _hub.Type(paste);
        Assert.InRange(taken, 1, paste.Length - 1);
        device.DrainUntil(5 + taken);
        Assert.Equal(paste[..taken], device.Taken[5..]);
    }

    [Fact]
    public void Typing_at_a_machine_that_is_over_does_nothing()
    {
        _hub.Dispose();
        Assert.Equal(3, _hub.Type("abc"u8));
        _hub.SendBreak();
        _hub.Dispose();
    }

    private int Read(ref long position, byte[] buffer) => _hub.Read(ref position, buffer, s_patience, out _);
}
