using System.Buffers.Binary;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Console;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class PortsSubject : DeviceSubject
{
    private const int ControlReceive = ConsoleDevice.ControlReceiveQueue;
    private const int ControlTransmit = ConsoleDevice.ControlTransmitQueue;

    // An evil driver can write gigabytes: what is not looked at is not kept.
    private readonly FakeClient _client = new() { Keeps = false };

    public PortsSubject() => Device = new VirtioPorts("ports0", [KeyValuePair.Create("one", (Vmm.Devices.Backends.IPortBackend)_client)]);

    public override IVirtioDevice Device { get; }

    /// <summary>What the driver receives rests until there is something to say.</summary>
    public override bool Takes(int queue) => queue % 2 == 1;

    public override void Restored() => _client.Connect();

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        // A second time without a reset in between: the port is open already.
        if (!_client.IsGuestOpen)
            OpenPort(rig, at);

        (_client.Room, _client.Keeps) = (int.MaxValue, true);
        _client.Got.Clear();
        rig.Write(at, "ping pong"u8);
        Assert.Equal(0u, rig.Do(ConsoleDevice.TransmitQueueOf(1), new GuestBuffer(at, 9)));
        Assert.Equal("ping pong"u8.ToArray(), _client.Got);
        _client.Keeps = false;
        _client.Send("!"u8);
        Assert.Equal(1u, rig.Do(ConsoleDevice.ReceiveQueueOf(1), new GuestBuffer(at, 9, true)));
        Assert.Equal("!ing pong"u8, rig.Read(at, 9));
    }

    private void OpenPort(EvilRig rig, ulong at)
    {
        _client.Disconnect();
        Say(rig, at, ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY);
        Assert.Equal(8u, rig.Do(ControlReceive, new GuestBuffer(at, 64, true)));
        Assert.Equal(ConsoleControl.VIRTIO_CONSOLE_PORT_ADD, rig.Read(at, 8)[ConsoleControl.Event]);
        Say(rig, at, ConsoleControl.VIRTIO_CONSOLE_PORT_READY);
        Assert.Equal(11u, rig.Do(ControlReceive, new GuestBuffer(at, 64, true)));
        Assert.Equal("one"u8, rig.Read(at, 11).AsSpan(8));
        _client.Connect();
        Assert.Equal(8u, rig.Do(ControlReceive, new GuestBuffer(at, 64, true)));
        Assert.Equal(ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN, rig.Read(at, 8)[ConsoleControl.Event]);
        Say(rig, at, ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN);
    }

    private static void Say(EvilRig rig, ulong at, ushort what)
    {
        byte[] message = new byte[ConsoleControl.HeaderSize];
        message[ConsoleControl.Id] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(ConsoleControl.Event), what);
        message[ConsoleControl.Value] = 1;
        rig.Write(at, message);
        Assert.Equal(0u, rig.Do(ControlTransmit, new GuestBuffer(at, ConsoleControl.HeaderSize)));
    }
}
