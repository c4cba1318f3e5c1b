using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Network;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

[Collection(AloneCollection.Name)]
public sealed class InheritedNetworkTests
{
    [Theory]
    [InlineData(Linux.SOCK_SEQPACKET)]
    [InlineData(Linux.SOCK_DGRAM)]
    public void Socket_that_keeps_messages_apart_carries_frames_without_headers(int type)
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(type);
        using (ours)
        using (theirs)
        using (Card card = Open(ours.Number))
        {
            Assert.Equal(NetworkOffloads.None, card.Backend.SendOffloads);
            foreach (int length in (int[])[14, 60, 1514, 65549])
            {
                Assert.Equal(NetworkSend.Sent, card.Send(NetNamespace.Frame(length, seed: length)));
                Assert.Equal(NetNamespace.Frame(length, seed: length), NetNamespace.Read(theirs));
                NetNamespace.Write(theirs, NetNamespace.Frame(length));
                Assert.Equal(NetNamespace.Frame(length), card.Receive());
            }
            Assert.Null(card.TryReceive());
        }
    }

    [Theory]
    [InlineData(Linux.SOCK_SEQPACKET)]
    [InlineData(Linux.SOCK_DGRAM)]
    public void Full_socket_would_block_and_there_is_room_again_once_it_was_read(int type)
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(type);
        using (ours)
        using (theirs)
        using (Card card = Open(ours.Number))
        {
            int sent = 0;
            while (card.Send(NetNamespace.Frame(1000, seed: sent)) == NetworkSend.Sent)
                Assert.True(++sent < 100_000);
            for (int i = 0; i < sent; i++)
                Assert.Equal(NetNamespace.Frame(1000, seed: i), NetNamespace.Read(theirs));
            card.AwaitRoom();
            Assert.Equal(NetworkSend.Sent, card.Send(NetNamespace.Frame(1000, seed: sent)));
            Assert.Equal(NetNamespace.Frame(1000, seed: sent), NetNamespace.Read(theirs));
        }
    }

    [Theory]
    [InlineData(Linux.SOCK_SEQPACKET)]
    [InlineData(Linux.SOCK_DGRAM)]
    public void Peer_that_goes_takes_the_network_away_and_keeps_no_thread_busy(int type)
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(type);
        using (ours)
        using (Card card = Open(ours.Number))
        {
            card.StopsAtFrames = false;
            theirs.Dispose();
            Assert.Equal(NetworkSend.Dropped, card.Send(NetNamespace.Frame(60)));
            Assert.Null(card.TryReceive());
            card.Backend.Listen(0, true);
            Assert.Null(card.TryReceive());
            card.Settle();
            int wakeups = card.Wakeups;
            card.Settle();
            Assert.Equal(wakeups, card.Wakeups);
        }
    }

    [Fact]
    public void Inherited_descriptor_stays_open_for_the_next_start_of_the_guest()
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(Linux.SOCK_SEQPACKET);
        using (ours)
        using (theirs)
        {
            Open(ours.Number).Dispose();
            using Card card = Open(ours.Number);
            Assert.Equal(NetworkSend.Sent, card.Send(NetNamespace.Frame(60)));
        }
    }

    [Fact]
    public void Frames_allocate_nothing()
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(Linux.SOCK_SEQPACKET);
        using (ours)
        using (theirs)
        using (Card card = Open(ours.Number))
        {
            byte[] frame = NetNamespace.Frame(1000);
            long allocated = long.MaxValue;
            for (int turn = 0; turn < 20; turn++)
            {
                NetNamespace.Write(theirs, frame);
                long before = GC.GetAllocatedBytesForCurrentThread();
                NetworkSend sent = card.Send(frame);
                int received = card.ReceiveInto();
                allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
                Assert.Equal((NetworkSend.Sent, 1012), (sent, received));
                NetNamespace.Read(theirs);
            }
            Assert.Equal(0, allocated);
        }
    }

    [Fact]
    public void Descriptor_that_carries_no_frames_is_refused_by_its_number()
    {
        (SafeFd ours, SafeFd theirs) = NetNamespace.Pair(Linux.SOCK_STREAM);
        using (ours)
        using (theirs)
            Assert.Contains($"net fd={ours.Number}: is a socket that does not keep messages apart", Refusal(ours.Number), StringComparison.Ordinal);
        using EventFd other = new();
        Assert.Equal($"net fd={other.Fd.Number}: is neither a tap nor a socket", Refusal(other.Fd.Number));
        Assert.Equal("net fd=1000000: is not open; start vmm with a tap's descriptor of that number", Refusal(1_000_000));
    }

    [Fact]
    public unsafe void Tap_is_told_from_a_tun_and_from_one_without_headers() => NetNamespace.Run(() =>
    {
        using SafeFd tap = TunDevice("vmmtest0", Linux.IFF_TAP | Linux.IFF_NO_PI | Linux.IFF_VNET_HDR);
        using SafeFd plain = TunDevice("vmmtest1", Linux.IFF_TAP | Linux.IFF_NO_PI);
        using SafeFd tun = TunDevice("vmmtest2", Linux.IFF_TUN | Linux.IFF_NO_PI);
        using (Card card = Open(tap.Number))
            Assert.True(card.Backend.SendOffloads.HasFlag(NetworkOffloads.Tso4));
        using (Card card = Open(plain.Number))
            Assert.Equal(NetworkOffloads.None, card.Backend.SendOffloads);
        Assert.Contains("is a tun", Refusal(tun.Number), StringComparison.Ordinal);
        Assert.Contains("of another kind", Refusal(tap.Number, plain.Number), StringComparison.Ordinal);
    });

    private static unsafe SafeFd TunDevice(string name, short flags)
    {
        SafeFd fd = SafeFd.Own(Linux.open("/dev/net/tun", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open /dev/net/tun");
        Linux.ifreq request = TapControl.Request(name);
        request.ifr_flags = flags;
        Assert.Equal(0, Linux.ioctl(fd.Number, Linux.TUNSETIFF, (nint)(&request)));
        return fd;
    }

    private static Card Open(params int[] numbers) => new(loop => InheritedNetwork.Open(numbers, loop));

    private static string Refusal(params int[] numbers) => Assert.Throws<VmmException>(() => Open(numbers).Dispose()).Message;
}
