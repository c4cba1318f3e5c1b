using System.Collections.Concurrent;
using System.Diagnostics;
using Vmm.Cli.Machines;
using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Network;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

[Collection(AloneCollection.Name)]
public sealed class TapTests
{
    private const string Tap = "vmmtest0";
    private const short OneQueue = Linux.IFF_TAP | Linux.IFF_NO_PI | Linux.IFF_VNET_HDR;

    [Fact]
    public void Tap_that_is_made_is_up_carries_frames_both_ways_and_vanishes() => NetNamespace.Run(() =>
    {
        using (Card card = Open(new TapOptions(Tap, Mtu: 9000)))
        {
            Assert.NotEqual(0, NetNamespace.Flags(Tap)!.Value & Linux.IFF_UP);
            Assert.Equal((ushort)9000, card.Backend.Mtu);
            using SafeFd wire = NetNamespace.Wire(Tap);
            foreach (int length in (int[])[60, 1514, 9014])
            {
                Assert.Equal(NetworkSend.Sent, card.Send(NetNamespace.Frame(length, seed: length)));
                Assert.Equal(NetNamespace.Frame(length, seed: length), NetNamespace.Read(wire));
                NetNamespace.Write(wire, NetNamespace.Frame(length, seed: length + 1));
                Assert.Equal(NetNamespace.Frame(length, seed: length + 1), card.Receive());
            }
        }
        Assert.Null(NetNamespace.Flags(Tap));
    });

    [Fact]
    public void Tap_that_was_there_stays_and_its_state_is_left_alone() => NetNamespace.Run(() =>
    {
        NetNamespace.MakeTap(Tap, OneQueue);
        using (Card card = Open(new TapOptions(Tap)))
        {
            Assert.Equal(NetworkSend.Dropped, card.Send(NetNamespace.Frame(60)));
            Assert.NotEqual(NetworkOffloads.None, card.Backend.SendOffloads & NetworkOffloads.Tso4);
        }
        Assert.Equal(0, NetNamespace.Flags(Tap)!.Value & Linux.IFF_UP);
    });

    [Fact]
    public void Tap_of_many_queues_can_be_used_with_one() => NetNamespace.Run(() =>
    {
        NetNamespace.MakeTap(Tap, OneQueue | Linux.IFF_MULTI_QUEUE);
        using Card card = Open(new TapOptions(Tap));
        Assert.Equal(1, card.Backend.QueuePairs);
    });

    [Fact]
    public void Queues_of_a_tap_come_and_go_with_the_pairs_in_use() => NetNamespace.Run(() =>
    {
        using Card card = Open(new TapOptions(Tap, QueuePairs: 3));
        using SafeFd wire = NetNamespace.Wire(Tap);
        card.StopsAtFrames = false;
        for (int pairs = 3; pairs > 0; pairs--)
        {
            card.Backend.SetQueuePairs(pairs);
            for (int pair = 0; pair < pairs; pair++)
            {
                Assert.Equal(NetworkSend.Sent, card.Send(NetNamespace.Frame(100, seed: pair), pair));
                Assert.Equal(NetNamespace.Frame(100, seed: pair), NetNamespace.Read(wire));
            }
        }
        for (int pair = 1; pair < 3; pair++)
        {
            card.Backend.Listen(pair, true);
            Assert.Null(card.TryReceive(pair));
        }
        // A queue that was taken off its tap must not keep the event thread busy.
        card.Settle();
        int wakeups = card.Wakeups;
        card.Settle();
        Assert.True(card.Wakeups - wakeups <= 20, $"{card.Wakeups - wakeups} wake-ups");
    });

    [Fact, Trait("Row", "40")]
    public void Frames_that_nobody_listens_for_wake_nobody() => NetNamespace.Run(() =>
    {
        using Card card = Open(new TapOptions(Tap));
        using SafeFd wire = NetNamespace.Wire(Tap);
        card.Backend.Listen(0, true);
        NetNamespace.Write(wire, NetNamespace.Frame(60));
        card.AwaitFrames();
        card.Settle();
        int wakeups = card.Wakeups;
        for (int i = 0; i < 50; i++)
            NetNamespace.Write(wire, NetNamespace.Frame(60));
        card.Settle();
        Assert.Equal(wakeups, card.Wakeups);
        card.Backend.Listen(0, true);
        Assert.Equal(60, card.Receive().Length);
    });

    [Fact]
    public void Offloads_are_what_was_agreed_on_and_a_frame_with_a_header_is_cut_up() => NetNamespace.Run(() =>
    {
        using Card card = Open(new TapOptions(Tap));
        card.Backend.SetReceiveOffloads(card.Backend.ReceiveOffloads);
        card.Backend.SetReceiveOffloads(NetworkOffloads.Checksum);
        card.Backend.SetReceiveOffloads(NetworkOffloads.None);
        Assert.True(card.Backend.SendOffloads.HasFlag(NetworkOffloads.Checksum | NetworkOffloads.Tso4 | NetworkOffloads.Tso6 | NetworkOffloads.Ecn));
    });

    [Fact]
    public void Tap_in_use_is_busy() => NetNamespace.Run(() =>
    {
        using Card card = Open(new TapOptions(Tap));
        Assert.Equal($"tap '{Tap}': is in use by another program; end it first, or use another tap", Refusal(new TapOptions(Tap)));
    });

    [Fact]
    public void Interface_that_is_no_tap_is_refused() => NetNamespace.Run(() =>
        Assert.Equal("tap 'lo': is an interface, but no tap; use another name", Refusal(new TapOptions("lo"))));

    [Fact]
    public void Tap_of_one_queue_is_refused_where_several_are_asked_for() => NetNamespace.Run(() =>
    {
        NetNamespace.MakeTap(Tap, OneQueue);
        Assert.StartsWith($"tap '{Tap}': ", Refusal(new TapOptions(Tap, QueuePairs: 2)), StringComparison.Ordinal);
        Assert.NotNull(NetNamespace.Flags(Tap));
    });

    [Fact]
    public void Impossible_mtu_is_refused_and_leaves_no_tap_behind() => NetNamespace.Run(() =>
    {
        Assert.Contains("SIOCSIFMTU 70000", Refusal(new TapOptions(Tap, Mtu: 70000)), StringComparison.Ordinal);
        Assert.Null(NetNamespace.Flags(Tap));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Tap_that_is_deleted_under_a_card_is_told_once(int pairs) => NetNamespace.Run(() =>
    {
        Assert.SkipUnless(File.Exists("/sbin/ip"), "this host has no ip command");
        using Card card = Open(new TapOptions(Tap, pairs));
        using BlockingCollection<Errno> lost = [];
        card.TellLoss(lost.Add);
        // Queues that are taken off the tap are no loss.
        card.Backend.SetQueuePairs(pairs);
        card.Backend.SetQueuePairs(1);
        if (pairs > 1)
            Assert.Null(card.TryReceive(pairs - 1));
        card.Backend.Listen(0, true);
        card.Settle();
        Assert.Empty(lost);
        using (Process delete = Process.Start("/sbin/ip", ["link", "delete", Tap]))
            delete.WaitForExit();
        Assert.Null(NetNamespace.Flags(Tap));
        while (card.TryReceive() is not null)
        {
        }
        Assert.Equal(NetworkSend.Dropped, card.Send(NetNamespace.Frame(60)));
        Assert.True(lost.TryTake(out Errno why, TimeSpan.FromSeconds(30)));
        Assert.True(why is Errno.EBADFD or Errno.EFAULT, $"{why}");
        card.Settle();
        Assert.Empty(lost);
    });

    [Fact]
    public void Tap_that_nobody_reads_is_missed_when_it_is_deleted_and_not_before() => NetNamespace.Run(() =>
    {
        Assert.SkipUnless(File.Exists("/sbin/ip"), "this host has no ip command");
        NetNamespace.MakeTap(Tap, OneQueue);
        using SafeFd tap = SafeFd.Own(Linux.open("/dev/net/tun", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open /dev/net/tun");
        Attach(tap);
        using EventLoop loop = new("taps");
        using BlockingCollection<Errno> gone = [];
        using TapWatch? watch = TapWatch.Begin(tap, loop, gone.Add);
        Assert.NotNull(watch);
        // Another's going is told on the same socket, before.
        NetNamespace.MakeTap("vmmtest1", OneQueue);
        foreach (string name in (string[])["vmmtest1", Tap])
        {
            Assert.Empty(gone);
            using Process delete = Process.Start("/sbin/ip", ["link", "delete", name]);
            delete.WaitForExit();
        }
        Assert.True(gone.TryTake(out Errno why, TimeSpan.FromSeconds(30)));
        Assert.Equal(Errno.EBADFD, why);
    });

    [Fact]
    public void Tap_that_is_only_down_is_not_lost() => NetNamespace.Run(() =>
    {
        NetNamespace.MakeTap(Tap, OneQueue);
        using Card card = Open(new TapOptions(Tap));
        bool lost = false;
        card.TellLoss(_ => lost = true);
        Assert.Equal(NetworkSend.Dropped, card.Send(NetNamespace.Frame(60)));
        Assert.Null(card.TryReceive());
        card.Settle();
        Assert.False(lost);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tap_that_another_VM_has_is_not_called_free(bool up) => NetNamespace.Run(() =>
    {
        MachineConfig config = MachineConfigResolver.Resolve(new() { Firmware = "hello", Net = [new() { Tap = Tap }] });
        if (!up)
            NetNamespace.MakeTap(Tap, OneQueue);
        using (Open(new TapOptions(Tap)))
        {
            VmmException refused = Assert.Throws<VmmException>(() => NetPreflight.Look(config.Net[0]));
            Assert.Equal($"tap '{Tap}': is in use by another program; end it first, or use another tap", refused.Message);
        }
        Assert.Equal(up ? $"tap {Tap}, which vmm will make" : $"tap {Tap}, free", NetPreflight.Look(config.Net[0]));
        Assert.Equal(up, NetNamespace.Flags(Tap) is null);
    });

    private static unsafe void Attach(SafeFd tap)
    {
        Linux.ifreq request = TapControl.Request(Tap);
        request.ifr_flags = OneQueue;
        Assert.Equal(0, Linux.ioctl(tap.Number, Linux.TUNSETIFF, (nint)(&request)));
    }

    private static Card Open(TapOptions options) => new(loop => TapOpener.Open(options, loop));

    private static string Refusal(TapOptions options) => Assert.Throws<VmmException>(() => Open(options).Dispose()).Message;
}
