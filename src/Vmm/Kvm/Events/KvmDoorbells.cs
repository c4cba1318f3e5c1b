using System.Collections.Concurrent;
using Vmm.Devices.Doorbells;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.Events;

/// <summary>Doorbells by ioeventfd: the guest's write ends in the kernel, and an event loop of the device's own takes it from there.</summary>
internal sealed class KvmDoorbells(KvmVm vm, EventLoop loop) : IDoorbellHost
{
    private readonly ConcurrentDictionary<IDoorbellTarget, Action> _rings = new();

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
        if (!vm.TrySetIoEventFd(argument))
        {
            signal.Dispose();
            return null;
        }
        return new Doorbell(vm, loop, signal, argument, target);
    }

    /// <inheritdoc/>
    /// <remarks>Allocates nothing but a target's first time: a device posts on its hot path.</remarks>
    public void Post(IDoorbellTarget target) => loop.Post(_rings.GetOrAdd(target, static target => target.Ring));

    /// <inheritdoc/>
    public IWakeup CreateWakeup(IDoorbellTarget target) => new Wakeup(loop.Timers.Create(target.Ring));

    private sealed class Wakeup(LoopTimers.Timer timer) : IWakeup
    {
        public void After(TimeSpan delay) => timer.Set(delay);

        public void Cancel() => timer.Clear();
    }

    private sealed class Doorbell : IDisposable, IEventHandler
    {
        private readonly KvmVm _vm;
        private readonly EventFd _signal;
        private readonly IDoorbellTarget _target;
        private readonly IDisposable _watch;
        private kvm_ioeventfd _argument;
        private bool _disposed;

        public Doorbell(KvmVm vm, EventLoop loop, EventFd signal, in kvm_ioeventfd argument, IDoorbellTarget target)
        {
            _vm = vm;
            _signal = signal;
            _argument = argument;
            _target = target;
            _watch = loop.Add(signal.Fd, Linux.EPOLLIN, this);
        }

        public void OnReady(uint events)
        {
            if (_signal.Consume() > 0)
                _target.Ring();
        }

        public void Dispose()
        {
            if (_disposed)
                return;
            _disposed = true;
            _argument.flags |= kvm_ioeventfd.KVM_IOEVENTFD_FLAG_DEASSIGN;
            _vm.TrySetIoEventFd(_argument);
            _watch.Dispose();
            _signal.Dispose();
        }
    }
}
