using Vmm.Control.Local;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

/// <summary>Bytes to somebody who may not want them.</summary>
[Collection(AloneCollection.Name)]
public sealed class ControlStreamTests : IDisposable
{
    private const int Many = 64 << 20;

    private readonly ControlStream _sender;
    private readonly ControlStream _reader;

    public unsafe ControlStreamTests()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends));
        (_sender, _reader) = (new ControlStream(new SafeFd(ends[0])), new ControlStream(new SafeFd(ends[1])));
    }

    public void Dispose()
    {
        _sender.Dispose();
        _reader.Dispose();
    }

    [Fact]
    public void All_bytes_go_to_who_takes_them()
    {
        long taken = 0;
        Thread taking = new(() =>
        {
            byte[] some = new byte[1 << 20];
            while (taken < Many && _reader.Read(some) is var count and > 0)
                taken += count;
        });
        taking.Start();
        Assert.True(_sender.TrySend(new byte[Many], TimeSpan.FromMinutes(1)));
        taking.Join();
        Assert.Equal(Many, taken);
    }

    [Fact]
    public void Who_takes_nothing_is_waited_for_so_long_and_no_longer() => Assert.False(_sender.TrySend(new byte[Many], TimeSpan.FromMilliseconds(50)));

    /// <summary>Each byte taken is progress, and no reason to wait anew.</summary>
    [Fact]
    public void Who_takes_a_few_bytes_now_and_then_is_waited_for_no_longer_either()
    {
        using ManualResetEventSlim over = new();
        Thread dripping = new(() =>
        {
            byte[] few = new byte[16 << 10];
            while (!over.Wait(TimeSpan.FromMilliseconds(10)) && _reader.Read(few) > 0)
            {
            }
        });
        dripping.Start();
        Assert.False(_sender.TrySend(new byte[Many], TimeSpan.FromMilliseconds(300)));
        over.Set();
        dripping.Join();
    }

    [Fact]
    public void Who_is_gone_gets_nothing()
    {
        _reader.Dispose();
        Assert.False(_sender.TrySend(new byte[1], TimeSpan.FromMinutes(1)));
    }
}
