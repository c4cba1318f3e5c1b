using Vmm.Devices.Backends;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio.Queue;
using Vmm.Host;
using Vmm.Kvm.Events;

namespace Vmm.Network.Vhost;

/// <summary>A pair of queues, and the eventfds between the guest, the kernel's thread and ours.</summary>
internal sealed class VhostPair : IDisposable
{
    private readonly SafeFd _tap;
    private readonly Ring _receive;
    private readonly Ring _transmit;

    /// <summary>Joins them.</summary>
    /// <param name="device">Owned from now on.</param>
    /// <param name="tap">The other end; it outlives this.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <param name="index">The pair's number.</param>
    public VhostPair(VhostDevice device, SafeFd tap, EventLoop loop, int index)
    {
        (Device, _tap) = (device, tap);
        _receive = new Ring(0, device, loop, () => Events?.EngineInterrupts(index, transmit: false));
        _transmit = new Ring(1, device, loop, () => Events?.EngineInterrupts(index, transmit: true));
    }

    /// <summary>The kernel's end.</summary>
    public VhostDevice Device { get; }

    /// <summary>Whom to tell of interrupts.</summary>
    public INetworkEvents? Events { get; set; }

    /// <summary>Begins; false, with nothing done, when the tap has gone.</summary>
    public bool TryStart(KvmDoorbells doorbells, ulong features, in LentQueue receive, in LentQueue transmit)
    {
        Device.SetFeatures(features);
        if (!_receive.TryStart(doorbells, receive, _tap))
            return false;
        if (_transmit.TryStart(doorbells, transmit, _tap))
            return true;
        _receive.Stop(doorbells);
        return false;
    }

    /// <summary>Ends.</summary>
    /// <returns>What comes next in each queue.</returns>
    public (ushort Receive, ushort Transmit) Stop(KvmDoorbells doorbells) => (_receive.Stop(doorbells), _transmit.Stop(doorbells));

    /// <summary>There may be new buffers.</summary>
    public void Notify(bool transmit) => (transmit ? _transmit : _receive).Notify();

    /// <inheritdoc/>
    public void Dispose()
    {
        // First: it signals no more then.
        Device.Dispose();
        _receive.Dispose();
        _transmit.Dispose();
    }

    private sealed class Ring : IEventHandler, IDisposable
    {
        private readonly int _index;
        private readonly VhostDevice _device;
        private readonly Action _interrupt;
        private readonly EventFd _kick = new();
        private readonly EventFd _call = new();
        private readonly IDisposable _watch;
        private IDoorbellTarget? _doorbell;

        public Ring(int index, VhostDevice device, EventLoop loop, Action interrupt)
        {
            (_index, _device, _interrupt) = (index, device, interrupt);
            _watch = loop.Add(_call.Fd, Linux.EPOLLIN, this);
        }

        public bool TryStart(KvmDoorbells doorbells, in LentQueue queue, SafeFd tap)
        {
            if (!_device.TryStart(_index, queue, _kick, _call, tap))
                return false;
            _doorbell = queue.Doorbell;
            doorbells.Divert(_doorbell, _kick);
            // For buffers whose notification rang before.
            Notify();
            return true;
        }

        public ushort Stop(KvmDoorbells doorbells)
        {
            doorbells.Divert(_doorbell!, null);
            return _device.Stop(_index);
        }

        public void Notify() => _kick.Signal();

        public void OnReady(uint events)
        {
            if (_call.Consume() > 0)
                _interrupt();
        }

        public void Dispose()
        {
            _watch.Dispose();
            _kick.Dispose();
            _call.Dispose();
        }
    }
}
