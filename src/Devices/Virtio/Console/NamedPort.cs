using System.Text;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <summary>One named port: what the driver was told of it, and its two queues. Used with the device's lock held.</summary>
/// <remarks>
/// Nothing is lost while there is a client: what it sends stays in its socket until the guest has buffers, and a chain of
/// the guest's that it does not take stays in the ring, so that the writer in the guest waits. With no client, what the
/// guest writes is dropped, as by a cable that ends nowhere.
/// </remarks>
/// <param name="core">The device's core.</param>
/// <param name="number">Its number, from 1.</param>
/// <param name="name">Its name in the guest.</param>
/// <param name="backend">Its host end.</param>
/// <param name="queueSize">Largest size of both queues.</param>
internal sealed partial class NamedPort(VirtioDeviceCore core, int number, string name, IPortBackend backend, int queueSize)
{
    /// <summary>Bytes that are handed on before others get the event thread.</summary>
    private const int Slice = 256 << 10;

    /// <summary>No client's number: the driver was told of one, and shall be told again.</summary>
    private const uint SomeClient = uint.MaxValue;

    private readonly DescriptorChain _receiving = new(queueSize);
    private readonly DescriptorChain _transmitting = new(queueSize);
    private readonly byte[] _name = Encoding.UTF8.GetBytes(name);
    private readonly int _receiveQueue = ConsoleDevice.ReceiveQueueOf(number);
    private readonly int _transmitQueue = ConsoleDevice.TransmitQueueOf(number);
    private bool _isAdded;
    private bool _isReady;
    private bool _isNamed;
    private uint _toldClient;
    private ulong _transmitted;

    /// <summary>Its host end.</summary>
    public IPortBackend Backend => backend;

    /// <summary>Whether a program in the guest has it open.</summary>
    public bool IsGuestOpen { get; private set; }

    /// <summary>The next thing that the driver has to be told of this port.</summary>
    /// <returns>False when there is nothing.</returns>
    public bool TryGetMessage(out PortMessage message)
    {
        if (!_isAdded)
            message = new(number, ConsoleControl.VIRTIO_CONSOLE_PORT_ADD, 1);
        else if (_isReady && !_isNamed)
            message = new(number, ConsoleControl.VIRTIO_CONSOLE_PORT_NAME, 1) { Name = _name };
        else if (_isReady && _toldClient != backend.Client)
            // A client that made room for another: the guest sees both, the end and the beginning.
            message = new(number, ConsoleControl.VIRTIO_CONSOLE_PORT_OPEN, (ushort)(_toldClient == 0 ? 1 : 0));
        else
            message = default;
        return message.Event != 0;
    }

    /// <summary>The driver was told.</summary>
    public void OnSent(in PortMessage message)
    {
        switch (message.Event)
        {
            case ConsoleControl.VIRTIO_CONSOLE_PORT_ADD:
                _isAdded = true;
                break;
            case ConsoleControl.VIRTIO_CONSOLE_PORT_NAME:
                _isNamed = true;
                break;
            default:
                _toldClient = message.Value == 0 ? 0 : backend.Client;
                break;
        }
    }

    /// <summary>The driver has the port, or failed to. One that it has again is described again.</summary>
    public void OnReady(bool ready)
    {
        if (!_isAdded)
            return;
        _isReady = ready;
        _isNamed = false;
        if (_toldClient != 0)
            _toldClient = SomeClient;
        if (!ready)
            SetGuestOpen(false);
    }

    /// <summary>A program in the guest opened or closed its end.</summary>
    public void OnGuestOpen(bool open)
    {
        if (!_isReady)
            return;
        SetGuestOpen(open);
        if (open && Receive())
            core.Post(_receiveQueue);
    }

    /// <summary>Something changed at the host's end.</summary>
    public void OnHostChanged()
    {
        if (Transmit())
            core.Post(_transmitQueue);
        if (Receive())
            core.Post(_receiveQueue);
    }

    /// <summary>Gives the guest what the client sent. True when there may be more than one slice of it.</summary>
    public bool Receive()
    {
        Virtqueue queue = core.Queue(_receiveQueue);
        int slice = Slice;
        for (uint budget = queue.Size; budget > 0 && slice > 0; budget--)
        {
            if (!IsGuestOpen || !backend.HasInput)
            {
                queue.DisableNotifications();
                return false;
            }
            ChainStatus status = queue.TryPop(_receiving);
            if (status == ChainStatus.Empty && !queue.EnableNotifications())
                return false;
            if (status == ChainStatus.Empty)
                continue;
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue, _receiving, status);
                return false;
            }
            slice -= Fill(queue, slice);
        }
        return queue.IsLive;
    }

    /// <summary>Hands on what the guest wrote. True when there may be more than one slice of it.</summary>
    public bool Transmit()
    {
        Virtqueue queue = core.Queue(_transmitQueue);
        queue.DisableNotifications();
        int slice = Slice;
        for (uint budget = queue.Size; budget > 0; budget--)
        {
            ChainStatus status = queue.TryPop(_transmitting);
            if (status == ChainStatus.Empty && !queue.EnableNotifications())
                return false;
            if (status == ChainStatus.Empty)
                continue;
            if (status != ChainStatus.Ok)
            {
                core.Fail(queue, _transmitting, status);
                return false;
            }
            if (backend.Client == 0)
            {
                backend.Discard(_transmitting.ReadableLength - Math.Min(_transmitted, _transmitting.ReadableLength));
                Finish(queue);
                continue;
            }
            bool isFull = !HandOn(ref slice);
            if (_transmitted >= _transmitting.ReadableLength)
            {
                Finish(queue);
                continue;
            }
            // It stays in the ring, and nothing is in flight while the client makes up its mind.
            queue.PutBack(_transmitting);
            return !isFull;
        }
        return queue.IsLive;
    }

    /// <summary>Back to power-on.</summary>
    public void Reset()
    {
        _isAdded = _isReady = _isNamed = false;
        _toldClient = 0;
        _transmitted = 0;
        SetGuestOpen(false);
    }

    private void SetGuestOpen(bool open)
    {
        IsGuestOpen = open;
        backend.SetGuestOpen(open);
    }

    private int Fill(Virtqueue queue, int limit)
    {
        int done = 0;
        foreach (ref readonly BufferSegment segment in _receiving.Writable)
        {
            int count = backend.Read(segment.Span);
            done += count;
            if ((uint)count < segment.Length || done >= limit)
                break;
        }
        if (done == 0 && _receiving.WritableLength > 0)
            queue.PutBack(_receiving);
        else
            queue.AddUsed(_receiving.Head, (uint)done);
        return done;
    }

    /// <summary>Writes on from where the last call stopped, at most a slice.</summary>
    /// <returns>False when the client takes no more.</returns>
    private bool HandOn(ref int slice)
    {
        ulong skip = _transmitted;
        foreach (ref readonly BufferSegment segment in _transmitting.Readable)
        {
            ulong skipped = Math.Min(skip, segment.Length);
            skip -= skipped;
            int count = (int)Math.Min(segment.Length - skipped, (ulong)slice);
            if (count == 0)
                continue;
            int taken = backend.Write(new BufferSegment(segment.Host + (nint)skipped, (uint)count).Span);
            _transmitted += (uint)taken;
            slice -= taken;
            if (taken < count)
                return false;
        }
        return true;
    }

    private void Finish(Virtqueue queue)
    {
        _transmitted = 0;
        queue.AddUsed(_transmitting.Head, 0);
    }
}
