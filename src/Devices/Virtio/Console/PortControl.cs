using System.Buffers.Binary;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <summary>
/// The control queues of a device with named ports. What the driver has to be told is no list but follows from what each
/// port was told last: a driver that gives no buffers, or sends messages without end, makes nothing grow.
/// </summary>
/// <param name="core">The device's core.</param>
/// <param name="ports">The ports, from number 1 on.</param>
/// <param name="queueSize">Largest size of both queues.</param>
internal sealed class PortControl(VirtioDeviceCore core, NamedPort[] ports, int queueSize)
{
    private readonly DescriptorChain _chain = new(queueSize);
    private bool _isDriverReady;

    /// <summary>Whether the driver wants to be told of ports.</summary>
    public bool IsDriverReady
    {
        get => _isDriverReady;
        set => _isDriverReady = value;
    }

    /// <summary>Tells the driver what it does not know yet, as far as it gives buffers for that.</summary>
    public void Tell()
    {
        Virtqueue queue = core.Queue(ConsoleDevice.ControlReceiveQueue);
        foreach (NamedPort port in ports)
        {
            while (_isDriverReady && port.TryGetMessage(out PortMessage message))
            {
                if (!TrySend(queue, message))
                    return;
                port.OnSent(message);
            }
        }
        queue.DisableNotifications();
    }

    /// <summary>Does what the driver's messages say. True when there may be more of them.</summary>
    public bool Listen()
    {
        Virtqueue queue = core.Queue(ConsoleDevice.ControlTransmitQueue);
        queue.DisableNotifications();
        Span<byte> header = stackalloc byte[ConsoleControl.HeaderSize];
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty && !queue.EnableNotifications())
                return false;
            if (status == ChainStatus.Empty)
                continue;
            if (status is ChainStatus.Ok or ChainStatus.OutOfRange)
                queue.AddUsed(_chain.Head, 0);
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue.Index, status);
                return false;
            }
            // What is too short to be a message is none.
            if (_chain.Read(0, header) == header.Length)
                Do(header);
            Tell();
        }
        return queue.IsLive;
    }

    /// <summary>Takes what a driver writes to a port that is not there, so that it does not wait for ever. True when there may be more.</summary>
    public bool Drain(int transmitQueue)
    {
        Virtqueue queue = core.Queue(transmitQueue);
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            ChainStatus status = queue.TryPop(_chain);
            if (status == ChainStatus.Empty && !queue.EnableNotifications())
                return false;
            if (status == ChainStatus.Empty)
                continue;
            if (status is ChainStatus.Ok or ChainStatus.OutOfRange)
                queue.AddUsed(_chain.Head, 0);
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue.Index, status);
                return false;
            }
        }
        return queue.IsLive;
    }

    /// <summary>Back to power-on.</summary>
    public void Reset() => _isDriverReady = false;

    private void Do(ReadOnlySpan<byte> header)
    {
        uint id = BinaryPrimitives.ReadUInt32LittleEndian(header[ConsoleControl.Id..]);
        ushort what = BinaryPrimitives.ReadUInt16LittleEndian(header[ConsoleControl.Event..]);
        bool value = BinaryPrimitives.ReadUInt16LittleEndian(header[ConsoleControl.Value..]) != 0;
        if (what == ConsoleControl.VIRTIO_CONSOLE_DEVICE_READY)
        {
            _isDriverReady = value;
            return;
        }
        // Port 0 is not there, and numbers beyond the last are nobody's.
        if (id == 0 || id > (uint)ports.Length)
            return;
        NamedPort port = ports[id - 1];
        if (what == ConsoleControl.VIRTIO_CONSOLE_PORT_READY)
            port.OnReady(value);
        else if (what == ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN)
            port.OnGuestOpen(value);
    }

    private bool TrySend(Virtqueue queue, in PortMessage message)
    {
        ChainStatus status = queue.TryPop(_chain);
        // None to be had: the driver notifies when it gives one.
        if (status == ChainStatus.Empty && queue.EnableNotifications())
            status = queue.TryPop(_chain);
        if (status == ChainStatus.Empty)
            return false;
        if (status != ChainStatus.Ok)
        {
            core.Fail(queue, _chain, status);
            return false;
        }
        if (_chain.WritableLength < (ulong)message.Length)
        {
            queue.AddUsed(_chain.Head, 0);
            core.Fail(queue.Index, $"a control buffer of {_chain.WritableLength} bytes for a message of {message.Length}");
            return false;
        }
        Span<byte> header = stackalloc byte[ConsoleControl.HeaderSize];
        message.WriteHeader(header);
        _chain.Write(0, header);
        if (message.Name is { } name)
            _chain.Write(ConsoleControl.HeaderSize, name);
        queue.AddUsed(_chain.Head, (uint)message.Length);
        return true;
    }
}
