using Vmm.Firmware;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;

namespace Vmm.Bench.Exits;

/// <summary>The thread of the host that the guest rings for: it waits until the vCPU is surely halted, notes the time, and interrupts it; or it answers in memory at once.</summary>
internal sealed unsafe class Waker : IDisposable, IEventHandler
{
    /// <summary>Until a vCPU that said it would halt has, and its thread sleeps: KVM may look for work for so long before.</summary>
    private const long SettleNs = 400_000;

    /// <summary>Where messages to the first vCPU's local APIC go (Intel SDM 3A, 11.11).</summary>
    private const ulong MessageAddress = 0xFEE0_0000;

    private readonly EventFd _armed = new();
    private readonly EventFd _interrupt = new();
    private readonly EventLoop _loop = new("waker");
    private readonly IDisposable _watch;
    private readonly KvmVm _vm;
    private readonly WakeKind _kind;
    private readonly ulong* _hostTime;
    private readonly ulong* _armedCount;
    private readonly ulong* _reply;

    /// <summary>Starts it.</summary>
    public Waker(KvmVm vm, GuestRam ram, WakeKind kind)
    {
        _vm = vm;
        _kind = kind;
        byte* start = (byte*)ram.Start;
        _hostTime = (ulong*)(start + ExitsLayout.HostTime);
        _armedCount = (ulong*)(start + ExitsLayout.Armed);
        _reply = (ulong*)(start + ExitsLayout.Reply);
        _watch = _loop.Add(_armed.Fd, Linux.EPOLLIN, this);
        kvm_ioeventfd argument = new() { addr = ExitsLayout.ArmPort, len = sizeof(uint), fd = _armed.Fd.Number, flags = kvm_ioeventfd.KVM_IOEVENTFD_FLAG_PIO };
        if (!vm.TrySetIoEventFd(argument))
            throw HostException.Last("ioctl KVM_IOEVENTFD");
        if (kind == WakeKind.IrqFd)
            vm.SetIrqFd(_interrupt, ExitsLayout.WakeLine, assign: true);
    }

    /// <inheritdoc/>
    public void OnReady(uint events)
    {
        _armed.Consume();
        if (_kind == WakeKind.Echo)
        {
            Volatile.Write(ref *_reply, Volatile.Read(ref *_armedCount));
            return;
        }
        Linux.timespec settle = new() { tv_nsec = SettleNs };
        _ = Linux.ppoll(null, 0, &settle, null);
        Volatile.Write(ref *_hostTime, TimeStampCounter.Now);
        if (_kind == WakeKind.IrqFd)
            _interrupt.Signal();
        else
            _vm.SignalMsi(MessageAddress, ExitsLayout.WakeVector);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _loop.Dispose();
        _interrupt.Dispose();
        _armed.Dispose();
    }
}
