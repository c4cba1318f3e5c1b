using System.Text;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Console;

/// <summary>Named ports with a driver that keeps to the rules. Virtio 1.2, 5.3.</summary>
public sealed class VirtioPortsTests
{
    private const ushort Ready = ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY;
    private const ushort PortReady = ConsoleControl.VIRTIO_CONSOLE_PORT_READY;
    private const ushort PortOpen = ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN;

    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports))]
    public void Ports_are_added_named_and_opened_in_that_order(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind, "org.qemu.guest_agent.0", "two").Start();
        byte[] config = new byte[12];
        rig.Rig.Driver.ReadConfig(0, config);
        Assert.Equal([0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0], config);
        Assert.Equal(8, rig.Rig.Core.QueueCount);
        Assert.Empty(rig.Heard());
        rig.Say(uint.MaxValue, Ready, 1);
        Assert.Equal(["1 1 1", "2 1 1"], rig.Heard());
        rig.Say(1, PortReady, 1);
        Assert.Equal(["1 7 1 org.qemu.guest_agent.0"], rig.Heard());
        rig.Client.Connect();
        Assert.Equal(["1 6 1"], rig.Heard());
        rig.Clients[1].Connect();
        Assert.Empty(rig.Heard());
        rig.Say(2, PortReady, 1);
        Assert.Equal(["2 7 1 two", "2 6 1"], rig.Heard());
        rig.Client.Disconnect();
        Assert.Equal(["1 6 0"], rig.Heard());
    }

    [Theory, MemberData(nameof(Transports))]
    public void No_port_is_added_twice_or_beyond_the_last_or_removed(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind, "one", "two").Start();
        List<string> heard = [];
        for (int i = 0; i < 3; i++)
        {
            rig.Say(0, Ready, 1);
            for (uint port = 0; port < 5; port++)
                rig.Say(port, PortReady, (ushort)(i & 1));
            heard.AddRange(rig.Heard());
        }
        Assert.Equal(["1 1 1", "2 1 1"], heard.Where(message => message.Split(' ')[1] == "1"));
        Assert.DoesNotContain(heard, message => message.Split(' ')[1] == "2");
    }

    [Theory, MemberData(nameof(Transports))]
    public void What_the_guest_has_open_is_known_at_the_host(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        Assert.True(rig.Client.IsGuestOpen);
        rig.Say(1, PortOpen, 0);
        Assert.False(rig.Client.IsGuestOpen);
        rig.Say(1, PortOpen, 1);
        Assert.True(rig.Client.IsGuestOpen);
        rig.Rig.Driver.Status = 0;
        Assert.False(rig.Client.IsGuestOpen);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Client_that_made_room_for_another_is_told_as_gone_and_come(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start(controlBuffers: 3);
        rig.Say(0, Ready, 1);
        rig.Say(1, PortReady, 1);
        rig.Client.Connect();
        Assert.Equal(["1 1 1", "1 7 1 one", "1 6 1"], rig.Heard());
        // No buffers for a while, in which much happens.
        for (int i = 0; i < 100; i++)
        {
            rig.Client.Disconnect();
            rig.Client.Connect();
        }
        rig.GiveControlBuffers(10);
        Assert.Equal(["1 6 0", "1 6 1"], rig.Heard());
        rig.Client.Disconnect();
        rig.Client.Connect();
        rig.Client.Disconnect();
        Assert.Equal(["1 6 0", "1 6 1", "1 6 0"], rig.Heard());
    }

    [Theory, MemberData(nameof(Transports))]
    public void Driver_that_comes_back_hears_everything_again(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Heard();
        rig.Say(1, PortReady, 1);
        Assert.Equal(["1 7 1 one", "1 6 0", "1 6 1"], rig.Heard());
        rig.Say(0, Ready, 1);
        Assert.Empty(rig.Heard());
    }

    [Theory, MemberData(nameof(Transports))]
    public void What_the_guest_writes_arrives_in_order(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Write("hello ");
        rig.Write("world", PortsRig.Data + 100);
        Assert.Equal("hello world", rig.Got);
        Assert.Equal(2, rig.Transmit.UsedIndex);
        Assert.Equal(0u, rig.Transmit.UsedElement(1).Length);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Writer_in_the_guest_waits_for_a_client_that_takes_no_more(TransportKind kind)
    {
        foreach (ulong events in (ulong[])[0, GuestDriver.EventIndex])
        {
            using PortsRig rig = new PortsRig(kind).Open(Rig.DefaultFeatures | PortsRig.Multiport | events);
            rig.Client.Connect();
            rig.Client.Room = 7;
            rig.Write("hello ");
            rig.Write("world", PortsRig.Data + 100);
            Assert.Equal("hello w", rig.Got);
            Assert.Equal(1, rig.Transmit.UsedIndex);
            rig.Rig.Kick((uint)ConsoleDevice.TransmitQueueOf(1));
            Assert.Equal(1, rig.Transmit.UsedIndex);
            rig.Client.MakeRoom(2);
            rig.Rig.Doorbells.Run();
            Assert.Equal("hello wor", rig.Got);
            Assert.Equal(1, rig.Transmit.UsedIndex);
            rig.Client.MakeRoom(int.MaxValue);
            rig.Rig.Doorbells.Run();
            Assert.Equal("hello world", rig.Got);
            Assert.Equal(2, rig.Transmit.UsedIndex);
            rig.Write("!", PortsRig.Data + 200);
            Assert.Equal("hello world!", rig.Got);
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public void Nothing_is_in_flight_while_a_client_makes_the_guest_wait(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Client.Room = 3;
        rig.Write("abcdef");
        rig.Rig.Core.Quiesce();
        rig.Client.MakeRoom(int.MaxValue);
        Assert.Equal("abc", rig.Got);
        rig.Rig.Core.Resume();
        rig.Rig.Doorbells.Run();
        Assert.Equal("abcdef", rig.Got);
    }

    [Theory, MemberData(nameof(Transports))]
    public void Without_a_client_what_the_guest_writes_is_dropped_and_counted(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Write("lost");
        Assert.Equal(4UL, rig.Client.Discarded);
        Assert.Equal(1, rig.Transmit.UsedIndex);
        rig.Client.Connect();
        rig.Client.Room = 1;
        rig.Write("abcd");
        rig.Client.Disconnect();
        Assert.Equal(7UL, rig.Client.Discarded);
        Assert.Equal(2, rig.Transmit.UsedIndex);
        rig.Client.Connect();
        rig.Client.MakeRoom(int.MaxValue);
        rig.Write("new");
        Assert.Equal("anew", rig.Got);
    }

    [Theory, MemberData(nameof(Transports))]
    public void What_a_client_sends_waits_for_the_guest_to_open_and_to_give_buffers(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Say(1, PortOpen, 0);
        rig.Receive.Add(new GuestBuffer(PortsRig.Data, 4, true));
        rig.Rig.Kick((uint)ConsoleDevice.ReceiveQueueOf(1));
        rig.Client.Connect();
        rig.Client.Send("ping pong"u8);
        Assert.Equal(9, rig.Client.Waiting);
        rig.Say(1, PortOpen, 1);
        Assert.Equal(5, rig.Client.Waiting);
        Assert.Equal(4u, rig.Receive.UsedElement(0).Length);
        rig.Receive.Add(new GuestBuffer(PortsRig.Data + 4, 2, true), new GuestBuffer(PortsRig.Data + 6, 20, true));
        rig.Rig.Kick((uint)ConsoleDevice.ReceiveQueueOf(1));
        Assert.Equal(0, rig.Client.Waiting);
        Assert.Equal(5u, rig.Receive.UsedElement(1).Length);
        Assert.Equal("ping pong", Encoding.ASCII.GetString(rig.Rig.Ram.Bytes(PortsRig.Data, 9)));
    }

    [Theory, MemberData(nameof(Transports))]
    public void Driver_without_MULTIPORT_finds_a_console_that_takes_everything(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start(Rig.DefaultFeatures);
        DriverQueue console = rig.Rig.Queues[ConsoleDevice.TransmitQueue];
        console.Add(new GuestBuffer(PortsRig.Data, 100));
        rig.Rig.Kick(ConsoleDevice.TransmitQueue);
        Assert.Equal(1, console.UsedIndex);
        rig.Say(0, Ready, 1);
        rig.Client.Connect();
        Assert.Empty(rig.Heard());
        Assert.False(rig.Rig.NeedsReset);
    }

    [Fact]
    public void Data_costs_no_allocation()
    {
        using PortsRig rig = new PortsRig(TransportKind.Mmio).Open();
        rig.Client.Connect();
        rig.Client.Keeps = false;
        rig.Client.Send(new byte[1000]);
        void Round()
        {
            rig.Receive.Add(new GuestBuffer(PortsRig.Data, 1500, true));
            rig.Client.SendAgain();
            rig.Transmit.Add(new GuestBuffer(PortsRig.Data, 1500));
            rig.Rig.Kick((uint)ConsoleDevice.TransmitQueueOf(1));
        }
        int rounds = 0;
        void Rounds(int count)
        {
            for (int i = 0; i < count; i++, rounds++)
                Round();
        }
        Rounds(100);
        Assert.Equal(0, Allocated.Least(() => Rounds(1000)));
        Assert.Equal((ushort)rounds, rig.Transmit.UsedIndex);
        Assert.Equal((ushort)rounds, rig.Receive.UsedIndex);
    }
}
