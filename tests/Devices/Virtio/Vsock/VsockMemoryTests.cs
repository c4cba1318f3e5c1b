using Vmm.Devices.Virtio.Vsock;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>What all connections together may hold for programs that do not read.</summary>
public sealed class VsockMemoryTests : IDisposable
{
    private const uint Full = 256 << 10;
    private const uint Packets = 64 << 10;
    private const uint Host = 80;

    private readonly VsockDriver _guest = new VsockDriver().Offer(32);

    public void Dispose() => _guest.Dispose();

    [Fact, Trait("Row", "43")]
    public void Thousands_of_streams_that_nobody_reads_hold_less_than_a_hundred_mebibytes()
    {
        _guest.Host.Room = 0;
        uint[] windows = [.. Enumerable.Range(0, VirtioVsock.MaxConnections).Select(i => Open((uint)i))];
        Assert.Equal(Full, windows[0]);
        Assert.All(windows, window => Assert.InRange(window, 8u << 10, Full));
        Assert.InRange(windows.Sum(window => (long)window), 60 << 20, 64 << 20);
        long held = 0;
        for (uint port = 0; port < windows.Length; port++)
        {
            for (uint left = windows[port]; left > 0; left -= Math.Min(left, Packets))
            {
                _guest.Push(Packet.Rw(Host, port, new byte[Math.Min(left, Packets)]));
                long before = GC.GetAllocatedBytesForCurrentThread();
                _guest.Kick();
                held += GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }
        Assert.InRange(held, 60 << 20, 96 << 20);
        Assert.Equal(VirtioVsock.MaxConnections, _guest.Counters.Connections);
        // One byte more than it was told is a broken rule, with a small window as with a large one.
        _guest.Send(Packet.Rw(Host, VirtioVsock.MaxConnections - 1, [1]));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
    }

    [Fact]
    public void More_streams_mean_less_for_a_new_one_and_what_an_old_one_had_is_free_again()
    {
        uint port = 0;
        for (; port < 64; port++)
            Assert.Equal(Full, Open(port));
        uint last = Full;
        while (last > 8 << 10)
        {
            uint window = Open(port++);
            Assert.InRange(window, 8u << 10, last);
            last = window;
        }
        Assert.InRange(port, 200u, 1000u);
        // Its program still has to take something: what it had is not free yet.
        FakeStream slow = _guest.Host.Streams[0];
        slow.Room = 0;
        _guest.Send(Packet.Rw(Host, 0, new byte[10]), Packet.Shutdown(Host, 0, VIRTIO_VSOCK_SHUTDOWN_F_SEND | VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE));
        _guest.ReceiveOne(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(8u << 10, Open(port++));
        for (uint old = 1; old < port; old++)
            _guest.Send(Packet.Reset(Host, old));
        slow.Room = 10;
        _guest.Signal(slow, writable: true);
        Assert.Equal(0, _guest.Counters.Connections);
        for (uint again = 0; again < 64; again++)
            Assert.Equal(Full, Open(again));
    }

    [Fact]
    public void Reset_frees_what_all_had()
    {
        for (uint port = 0; port < 500; port++)
            Open(port);
        _guest.Driver.Status = 0;
        _guest.Start();
        _guest.Offer(32);
        for (uint port = 0; port < 64; port++)
            Assert.Equal(Full, Open(port));
    }

    /// <summary>Opens a stream; how much the guest may send on it.</summary>
    private uint Open(uint port)
    {
        _guest.Send(Packet.Request(Host, port));
        Packet answer = _guest.ReceiveOne(VIRTIO_VSOCK_OP_RESPONSE);
        Assert.Equal(_guest.Host.Last.Window, answer.BufferAllocation);
        return answer.BufferAllocation;
    }
}
