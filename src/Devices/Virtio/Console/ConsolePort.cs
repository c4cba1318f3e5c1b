using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio.Console;

/// <summary>One port of a console: a queue in each direction. Used with the device's lock held.</summary>
/// <remarks>
/// Input is only ever accepted into buffers that the guest has put in, so nothing is buffered here and nothing is lost:
/// what does not fit stays with the caller, who is told when there is room again.
/// Output goes to a sink that never blocks, a slice at a time, so that a flood leaves the event thread to others.
/// </remarks>
/// <param name="core">The device's core.</param>
/// <param name="receiveQueue">The queue that the guest receives on.</param>
/// <param name="transmitQueue">The queue that the guest transmits on.</param>
/// <param name="queueSize">Largest size of both.</param>
/// <param name="output">Where output goes.</param>
internal sealed class ConsolePort(VirtioDeviceCore core, int receiveQueue, int transmitQueue, int queueSize, IByteSink output)
{
    /// <summary>Bytes of output that are handed on before others get the event thread.</summary>
    private const int OutputSlice = 256 << 10;

    private readonly DescriptorChain _receiving = new(queueSize);
    private readonly DescriptorChain _transmitting = new(queueSize);
    private bool _isTransmitting;
    private ulong _transmitted;
    private bool _wantsRoom;

    /// <summary>How much of the oldest chain in the transmit queue is out already: it was put back there half done.</summary>
    public ulong Transmitted
    {
        get => _transmitted;
        set => _transmitted = value;
    }

    /// <summary>Told, on the event thread with the device's lock held, that input may be accepted again.</summary>
    public Action? RoomForInput { get; set; }

    /// <summary>A driver has come: whoever has input may try now.</summary>
    public void Activate() => _wantsRoom = true;

    /// <summary>Gives input to the guest; returns how much fitted into its buffers.</summary>
    public int Receive(ReadOnlySpan<byte> input)
    {
        Virtqueue queue = core.Queue(receiveQueue);
        int accepted = 0;
        uint budget = queue.Size;
        while (accepted < input.Length)
        {
            if (budget-- == 0)
            {
                _wantsRoom = queue.IsLive;
                if (_wantsRoom)
                    core.Post(receiveQueue);
                break;
            }
            ChainStatus status = queue.TryPop(_receiving);
            if (status == ChainStatus.Ok)
            {
                int count = _receiving.Write(0, input[accepted..]);
                queue.AddUsed(_receiving.Head, (uint)count);
                accepted += count;
            }
            else if (status != ChainStatus.Empty)
            {
                core.Fail(queue, _receiving, status);
                break;
            }
            else if (!queue.EnableNotifications())
            {
                _wantsRoom = true;
                break;
            }
        }
        return accepted;
    }

    /// <summary>The guest put buffers for input in.</summary>
    public void ProcessReceive()
    {
        if (!_wantsRoom)
        {
            core.Queue(receiveQueue).DisableNotifications();
            return;
        }
        _wantsRoom = false;
        RoomForInput?.Invoke();
    }

    /// <summary>The guest has output. True when there is more than one slice of it.</summary>
    public bool ProcessTransmit()
    {
        Virtqueue queue = core.Queue(transmitQueue);
        queue.DisableNotifications();
        int slice = OutputSlice;
        for (uint budget = queue.Size; budget > 0 && slice > 0; budget--)
        {
            if (!_isTransmitting)
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
                _isTransmitting = true;
            }
            slice -= Transmit(slice);
            if (_transmitted >= _transmitting.ReadableLength)
                FinishTransmit(queue);
        }
        return true;
    }

    /// <summary>Leaves a chain whose output was not all handed on yet in its queue; a last slice of it goes out.</summary>
    public void Quiesce()
    {
        if (!_isTransmitting)
            return;
        Transmit(OutputSlice);
        Virtqueue queue = core.Queue(transmitQueue);
        if (_transmitted >= _transmitting.ReadableLength)
        {
            FinishTransmit(queue);
            return;
        }
        _isTransmitting = false;
        queue.PutBack(_transmitting);
    }

    /// <summary>Back to power-on.</summary>
    public void Reset()
    {
        _wantsRoom = false;
        _transmitted = 0;
    }

    private int Transmit(int limit)
    {
        int done = 0;
        ulong skip = _transmitted;
        foreach (ref readonly BufferSegment segment in _transmitting.Readable)
        {
            if (done == limit)
                break;
            ulong skipped = Math.Min(skip, segment.Length);
            skip -= skipped;
            int count = (int)Math.Min(segment.Length - skipped, (ulong)(limit - done));
            if (count > 0)
                output.Write(new BufferSegment(segment.Host + (nint)skipped, (uint)count).Span);
            done += count;
        }
        _transmitted += (uint)done;
        return done;
    }

    private void FinishTransmit(Virtqueue queue)
    {
        _isTransmitting = false;
        _transmitted = 0;
        queue.AddUsed(_transmitting.Head, 0);
    }
}
