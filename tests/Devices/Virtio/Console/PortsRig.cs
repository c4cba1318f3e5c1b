using System.Buffers.Binary;
using System.Text;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Console;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;

namespace Vmm.Tests.Devices.Virtio.Console;

/// <summary>A device with named ports, a client for each, and a driver that speaks its control messages.</summary>
public sealed class PortsRig : IDisposable
{
    public const ulong Multiport = 1UL << ConsoleDevice.VIRTIO_CONSOLE_F_MULTIPORT;
    public const ulong ControlBuffers = 0x2_0000;
    public const ulong ControlMessage = 0x3_0000;
    public const ulong Data = 0x4_0000;
    public const uint ControlBufferSize = 128;

    private int _controlBuffers;
    private ushort _seen;

    public PortsRig(TransportKind kind, params string[] names)
    {
        if (names.Length == 0)
            names = ["one"];
        Clients = [.. names.Select(_ => new FakeClient())];
        Device = new VirtioPorts("ports0", [.. names.Zip(Clients, (name, client) => KeyValuePair.Create(name, (IPortBackend)client))]);
        Rig = new Rig(kind, Device);
    }

    public Rig Rig { get; }
    public VirtioPorts Device { get; }
    public FakeClient[] Clients { get; }
    public FakeClient Client => Clients[0];
    public DriverQueue ControlReceive => Rig.Queues[ConsoleDevice.ControlReceiveQueue];
    public DriverQueue ControlTransmit => Rig.Queues[ConsoleDevice.ControlTransmitQueue];
    public DriverQueue Receive => Rig.Queues[ConsoleDevice.ReceiveQueueOf(1)];
    public DriverQueue Transmit => Rig.Queues[ConsoleDevice.TransmitQueueOf(1)];

    /// <summary>Up to DRIVER_OK, with buffers for control messages.</summary>
    public PortsRig Start(ulong features = Rig.DefaultFeatures | Multiport, int controlBuffers = 32)
    {
        Rig.Start(features);
        GiveControlBuffers(controlBuffers);
        return this;
    }

    /// <summary>Up to a port that a program in the guest has opened.</summary>
    public PortsRig Open(ulong features = Rig.DefaultFeatures | Multiport)
    {
        Start(features);
        Say(0, ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY, 1);
        for (uint port = 1; port <= (uint)Clients.Length; port++)
        {
            Say(port, ConsoleControl.VIRTIO_CONSOLE_PORT_READY, 1);
            Say(port, ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN, 1);
        }
        Heard();
        return this;
    }

    public void GiveControlBuffers(int count, uint size = ControlBufferSize)
    {
        for (int i = 0; i < count; i++)
            ControlReceive.Add(new GuestBuffer(ControlBuffers + (ulong)(_controlBuffers++ % 64) * ControlBufferSize, size, true));
        Rig.Kick(ConsoleDevice.ControlReceiveQueue);
    }

    public void Say(uint port, ushort what, ushort value)
    {
        Span<byte> message = Rig.Ram.Bytes(ControlMessage, ConsoleControl.HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(message, port);
        BinaryPrimitives.WriteUInt16LittleEndian(message[4..], what);
        BinaryPrimitives.WriteUInt16LittleEndian(message[6..], value);
        SayRaw(ConsoleControl.HeaderSize);
    }

    public void SayRaw(uint length)
    {
        ControlTransmit.Add(new GuestBuffer(ControlMessage, length));
        Rig.Kick(ConsoleDevice.ControlTransmitQueue);
    }

    /// <summary>The messages that came since the last call, as <c>port event value name</c>.</summary>
    public List<string> Heard()
    {
        List<string> messages = [];
        for (; _seen != ControlReceive.UsedIndex; _seen++)
        {
            (uint id, uint length) = ControlReceive.UsedElement(_seen);
            byte[] bytes = Rig.Ram.Bytes(Rig.Ram.Read<ulong>(ControlReceive.Descriptors + id * 16UL), (int)length).ToArray();
            string text = $"{BinaryPrimitives.ReadUInt32LittleEndian(bytes)} {BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(4))} {BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(6))}";
            messages.Add(length > 8 ? $"{text} {Encoding.UTF8.GetString(bytes.AsSpan(8))}" : text);
        }
        return messages;
    }

    public void Write(string text, ulong at = Data)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        bytes.CopyTo(Rig.Ram.Bytes(at, bytes.Length));
        Transmit.Add(new GuestBuffer(at, (uint)bytes.Length));
        Rig.Kick((uint)ConsoleDevice.TransmitQueueOf(1));
    }

    /// <summary>Goes on for the driver of another rig, whose device was restored here.</summary>
    public void Follow(PortsRig other) => (_seen, _controlBuffers) = (other._seen, other._controlBuffers);

    public string Got => Encoding.ASCII.GetString([.. Client.Got]);

    public void Dispose() => Rig.Dispose();
}
