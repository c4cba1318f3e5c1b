using System.Collections.Concurrent;
using Vmm.Devices.Doorbells;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.Events;

/// <summary>Doorbells by ioeventfd: the guest's write ends in the kernel, and an event loop of the device's own takes it from there.</summary>
internal sealed class KvmDoorbells(KvmVm vm, EventLoop loop) : IDoorbellHost
{
    private readonly KvmVm _vm = vm;
    private readonly EventLoop _loop = loop;
    private readonly ConcurrentDictionary<IDoorbellTarget, Action> _rings = new();
    private readonly Lock _diverting = new();
    private readonly Dictionary<IDoorbellTarget, Doorbell> _attached = [];
    private readonly Dictionary<IDoorbellTarget, EventFd> _diverted = [];

    /// <inheritdoc/>
    public IDisposable? Attach(GuestAddress address, int length, ulong? match, IDoorbellTarget target)
    {
        EventFd signal;
        try
        {
            signal = new EventFd();
        }
        catch (HostException)
        {
            // No descriptor left. The trapped write does the same, only slower.
            return null;
        }
        kvm_ioeventfd argument = new()
        {
            datamatch = match ?? 0,
            addr = address.Value,
            len = (uint)length,
            fd = signal.Fd.Number,
            flags = match is null ? 0 : kvm_ioeventfd.KVM_IOEVENTFD_FLAG_DATAMATCH,
        };
        if (!_vm.TrySetIoEventFd(argument))
        {
            signal.Dispose();
            return null;
        }
        Doorbell doorbell = new(this, signal, argument, target);
        lock (_diverting)
        {
            _attached[target] = doorbell;
            if (_diverted.TryGetValue(target, out EventFd? elsewhere))
                doorbell.Signal(elsewhere);
        }
        return doorbell;
    }

    /// <summary>Has a target's doorbells signal an eventfd of somebody else's instead of ringing it, those that are attached later too.</summary>
    /// <param name="target">The target.</param>
    /// <param name="elsewhere">Owned by the caller; null to ring the target again.</param>
    public void Divert(IDoorbellTarget target, EventFd? elsewhere)
    {
        lock (_diverting)
        {
            if (elsewhere is null)
                _diverted.Remove(target);
            else
                _diverted[target] = elsewhere;
            if (_attached.TryGetValue(target, out Doorbell? doorbell))
                doorbell.Signal(elsewhere);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Allocates nothing but a target's first time: a device posts on its hot path.</remarks>
    public void Post(IDoorbellTarget target) => _loop.Post(_rings.GetOrAdd(target, static target => target.Ring));

    /// <inheritdoc/>
    public IWakeup CreateWakeup(IDoorbellTarget target) => new Wakeup(_loop.Timers.Create(target.Ring));

    private sealed class Wakeup(LoopTimers.Timer timer) : IWakeup
    {
        public void After(TimeSpan delay) => timer.Set(delay);

        public void Cancel() => timer.Clear();
    }

    private void Forget(IDoorbellTarget target, Doorbell doorbell)
    {
        lock (_diverting)
        {
            if (_attached.TryGetValue(target, out Doorbell? attached) && attached == doorbell)
                _attached.Remove(target);
        }
    }

    private sealed class Doorbell : IDisposable, IEventHandler
    {
        private readonly KvmDoorbells _host;
        private readonly EventFd _own;
        private readonly IDoorbellTarget _target;
        private readonly IDisposable _watch;
        private kvm_ioeventfd _argument;
        private bool _disposed;

        public Doorbell(KvmDoorbells host, EventFd own, in kvm_ioeventfd argument, IDoorbellTarget target)
        {
            _host = host;
            _own = own;
            _argument = argument;
            _target = target;
            // Told of each write once, without reading it off: a call less for each doorbell.
            _watch = host._loop.Add(own.Fd, Linux.EPOLLIN | Linux.EPOLLET, this);
        }

        public void OnReady(uint events) => _target.Ring();

        /// <summary>
        /// Says which eventfd the guest's writes signal. In between they are trapped, and the device notified so; that is how it
        /// stays if KVM refuses.
        /// </summary>
        public void Signal(EventFd? elsewhere)
        {
            Tie(assign: false);
            _argument.fd = (elsewhere ?? _own).Fd.Number;
            Tie(assign: true);
        }

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            _host.Forget(_target, this);
            Tie(assign: false);
            _watch.Dispose();
            _own.Dispose();
        }

        private void Tie(bool assign)
        {
            kvm_ioeventfd argument = _argument;
            if (!assign)
                argument.flags |= kvm_ioeventfd.KVM_IOEVENTFD_FLAG_DEASSIGN;
            _host._vm.TrySetIoEventFd(argument);
        }
    }
}
