using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.Console;

/// <summary>Named ports with a driver that keeps to nothing.</summary>
public sealed class VirtioPortsHostileTests
{
    private const ushort Ready = ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY;
    private const ushort PortReady = ConsoleControl.VIRTIO_CONSOLE_PORT_READY;
    private const ushort PortOpen = ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN;

    public static TheoryData<TransportKind> Transports => [TransportKind.Mmio, TransportKind.Pci];

    [Theory, MemberData(nameof(Transports)), Trait("Row", "44")]
    public void Messages_about_unknown_ports_and_events_change_nothing(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start();
        rig.Say(0, Ready, 1);
        rig.Heard();
        foreach (uint port in (uint[])[0, 2, 16, 0x8000_0000, uint.MaxValue])
        {
            rig.Say(port, PortReady, 1);
            rig.Say(port, PortOpen, 1);
        }
        for (ushort what = 0; what < 20; what++)
        {
            if (what is not (Ready or PortReady or PortOpen))
                rig.Say(1, what, 1);
        }
        rig.Say(1, ushort.MaxValue, 1);
        Assert.Empty(rig.Heard());
        Assert.False(rig.Client.IsGuestOpen);
        Assert.False(rig.Rig.NeedsReset);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "44")]
    public void Open_before_the_port_is_ready_or_even_added_is_ignored(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start();
        rig.Say(1, PortReady, 1);
        rig.Say(1, PortOpen, 1);
        Assert.False(rig.Client.IsGuestOpen);
        rig.Say(0, Ready, 1);
        rig.Say(1, PortOpen, 1);
        Assert.False(rig.Client.IsGuestOpen);
        Assert.Equal(["1 1 1"], rig.Heard());
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "19"), Trait("Row", "44")]
    public void Messages_too_short_to_be_one_are_given_back_and_ignored(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start();
        for (uint length = 0; length < ConsoleControl.HeaderSize; length++)
            rig.SayRaw(length);
        Assert.Equal(ConsoleControl.HeaderSize, rig.ControlTransmit.UsedIndex);
        Assert.Empty(rig.Heard());
        Assert.False(rig.Rig.NeedsReset);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "34"), Trait("Row", "44")]
    public void Storm_of_messages_without_buffers_for_answers_makes_nothing_grow(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start(controlBuffers: 0);
        void Storm(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                rig.Say(0, Ready, 1);
                rig.Say(1, PortReady, 1);
                rig.Say(1, PortOpen, (ushort)(i & 1));
            }
        }
        Storm(10_000);
        rig.GiveControlBuffers(8);
        Assert.Equal(["1 1 1"], rig.Heard());
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "44")]
    public void Control_buffer_too_short_for_a_message_needs_a_reset(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Start(controlBuffers: 0);
        rig.Say(0, Ready, 1);
        rig.GiveControlBuffers(1, size: 7);
        Assert.True(rig.Rig.NeedsReset);
        Assert.Contains("7 bytes", rig.Rig.Core.LastFault);
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "21")]
    public void Buffers_outside_RAM_need_a_reset_in_each_queue(TransportKind kind)
    {
        foreach (int queue in (int[])[1, 2, 3, 4, 5])
        {
            using PortsRig rig = new PortsRig(kind).Start(controlBuffers: 1);
            rig.Say(0, Ready, 1);
            rig.GiveControlBuffers(1);
            rig.Say(1, PortReady, 1);
            rig.GiveControlBuffers(1);
            rig.Say(1, PortOpen, 1);
            rig.Client.Connect();
            rig.Rig.Queues[queue].Add(new GuestBuffer(Rig.RamSize, 16, queue % 2 == 0));
            rig.Rig.Kick((uint)queue);
            if (queue == 2)
                rig.Client.Disconnect();
            rig.Client.Send("x"u8);
            Assert.True(rig.Rig.NeedsReset, $"queue {queue}");
            rig.Rig.Driver.Status = 0;
            Assert.Equal(0, rig.Rig.Driver.Status);
            Assert.False(rig.Client.IsGuestOpen);
        }
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "17"), Trait("Row", "26")]
    public void Loop_in_a_port_s_queue_needs_a_reset(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Transmit.Describe(0, PortsRig.Data, 16, DriverQueue.Next, 0);
        rig.Transmit.MakeAvailable(0);
        rig.Rig.Kick((uint)ConsoleDevice.TransmitQueueOf(1));
        Assert.True(rig.Rig.NeedsReset);
        rig.Client.Send("x"u8);
        rig.Client.Disconnect();
        Assert.Equal("", rig.Got);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "24")]
    public void Chain_that_shrinks_while_it_is_held_is_finished(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Client.Room = 6;
        rig.Write("abcdefgh");
        rig.Transmit.Describe(0, PortsRig.Data, 3, 0);
        rig.Client.MakeRoom(int.MaxValue);
        rig.Rig.Doorbells.Run();
        Assert.Equal("abcdef", rig.Got);
        Assert.Equal(1, rig.Transmit.UsedIndex);
        rig.Client.Disconnect();
        Assert.Equal(0UL, rig.Client.Discarded);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "29"), Trait("Row", "44")]
    public void Reset_while_a_client_makes_the_guest_wait_completes_at_once(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Client.Room = 0;
        rig.Write("held");
        rig.Rig.Driver.Status = 0;
        Assert.Equal(0, rig.Rig.Driver.Status);
        rig.Client.MakeRoom(int.MaxValue);
        rig.Rig.Doorbells.Run();
        Assert.Equal("", rig.Got);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "20"), Trait("Row", "44")]
    public void Huge_write_is_handed_on_in_slices_and_others_have_their_turn(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Transmit.Add(new GuestBuffer(PortsRig.Data, 700_000));
        rig.Rig.Driver.Notify((uint)ConsoleDevice.TransmitQueueOf(1));
        Assert.InRange(rig.Client.Got.Count, 1, 256 << 10);
        rig.Rig.Doorbells.Run();
        Assert.Equal(700_000, rig.Client.Got.Count);
        Assert.Equal(1, rig.Transmit.UsedIndex);
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "40"), Trait("Row", "44")]
    public void Flood_of_a_client_waits_in_its_socket_and_goes_on_with_the_next_buffer(TransportKind kind)
    {
        using PortsRig rig = new PortsRig(kind).Open();
        rig.Client.Connect();
        rig.Client.Send(new byte[1 << 20]);
        Assert.Equal(1 << 20, rig.Client.Waiting);
        for (int left = 1 << 20; left > 0; left -= 4096)
        {
            rig.Receive.Add(new GuestBuffer(PortsRig.Data, 4096, true));
            rig.Rig.Kick((uint)ConsoleDevice.ReceiveQueueOf(1));
            Assert.Equal(left - 4096, rig.Client.Waiting);
        }
    }

    [Theory, MemberData(nameof(Transports)), Trait("Row", "33")]
    public void Notifications_of_queues_that_were_not_set_up_are_ignored(TransportKind kind)
    {
        using PortsRig rig = new(kind);
        rig.Rig.Driver.Negotiate(Rig.DefaultFeatures | PortsRig.Multiport);
        rig.Rig.Driver.Status = GuestDriver.DriverOk;
        for (uint queue = 0; queue < 10; queue++)
            rig.Rig.Kick(queue);
        rig.Client.Connect();
        rig.Client.Send("x"u8);
        rig.Rig.Doorbells.Run();
        Assert.False(rig.Rig.NeedsReset);
    }
}
