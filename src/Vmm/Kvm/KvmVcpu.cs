using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>The vCPU level of KVM: registers, CPUID, and KVM_RUN.</summary>
/// <remarks>
/// A kick sets immediate_exit, which ends the next KVM_RUN before it enters the guest, and sends a signal, which ends one that is under
/// way: whenever it comes, it is not lost. The kernel could also let a blocked signal through in KVM_RUN (KVM_SET_SIGNAL_MASK), but
/// would change the thread's mask twice an exit.
/// </remarks>
internal sealed unsafe partial class KvmVcpu : IVcpu, IDisposable
{
    /// <summary>KVM_RUN says EAGAIN once when a processor was just started. This often in a row, a millisecond apart, it means something else.</summary>
    private const int MostRefusals = 1000;
    private const int RefusalsWithoutRest = 10;

    private readonly SafeFd _fd;
    private readonly int _descriptor;
    private readonly Mapping _shared;
    private readonly nuint _run = KvmIoctl.KVM_RUN;
    private readonly delegate* unmanaged<nint, nuint, nint, nint> _ioctl = HostCode.Ioctl;
    private int _thread;
    private int _kicked;
    private int _refusals;

    /// <summary>Takes over a vCPU descriptor and maps its shared area.</summary>
    internal KvmVcpu(int number, SafeFd fd, int mapSize)
    {
        Number = number;
        _fd = fd;
        _descriptor = fd.Number;
        try
        {
            _shared = Mapping.Create((ulong)mapSize, Linux.MAP_SHARED, fd);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
        Shared = (kvm_run*)_shared.Address;
    }

    /// <inheritdoc/>
    public int Number { get; }

    /// <inheritdoc/>
    public kvm_run* Shared { get; }

    /// <summary>Makes the calling thread this vCPU's own; before the first <see cref="Run"/>.</summary>
    public void BindToThread()
    {
        KickSignal.Install();
        // A full fence: whoever closes the gate first and kicks then either sees this thread or is seen by its first Pass.
        Interlocked.Exchange(ref _thread, Linux.gettid());
    }

    /// <inheritdoc/>
    public VcpuExit Run()
    {
        nint result = _ioctl != null ? _ioctl(_descriptor, _run, 0) : RunByLibc();
        return result >= 0 ? Left() : Failed((Errno)(-result));
    }

    /// <summary>
    /// Lets the kernel finish the port or memory access that the last exit asked for, without running the guest any
    /// further. Until then the registers are half-way through an instruction.
    /// </summary>
    public void CompleteIo()
    {
        Shared->immediate_exit = 1;
        _ = Linux.ioctl(_descriptor, _run, 0);
        Shared->immediate_exit = 0;
        Interlocked.MemoryBarrier();
        // A kick that came meanwhile is for the next run.
        if (Volatile.Read(ref _kicked) != 0)
            Shared->immediate_exit = 1;
    }

    /// <inheritdoc/>
    public void Kick()
    {
        int thread = Volatile.Read(ref _thread);
        if (thread == 0)
            return;
        // In this order: who takes the kick clears the second first.
        Interlocked.Exchange(ref _kicked, 1);
        Volatile.Write(ref Shared->immediate_exit, 1);
        KickSignal.Send(thread);
    }

    /// <summary>General registers.</summary>
    public kvm_regs GetRegisters()
    {
        kvm_regs value;
        Call(KvmIoctl.KVM_GET_REGS, (nint)(&value), "KVM_GET_REGS");
        return value;
    }

    /// <summary>Sets the general registers.</summary>
    public void SetRegisters(kvm_regs value) => Call(KvmIoctl.KVM_SET_REGS, (nint)(&value), "KVM_SET_REGS");

    /// <summary>Segments, control registers, descriptor tables.</summary>
    public kvm_sregs GetSpecialRegisters()
    {
        kvm_sregs value;
        Call(KvmIoctl.KVM_GET_SREGS, (nint)(&value), "KVM_GET_SREGS");
        return value;
    }

    /// <summary>Sets segments, control registers and descriptor tables.</summary>
    public void SetSpecialRegisters(kvm_sregs value) => Call(KvmIoctl.KVM_SET_SREGS, (nint)(&value), "KVM_SET_SREGS");

    /// <summary>Walks the guest's own page tables; false when the linear address is not mapped.</summary>
    public bool TryTranslate(ulong linear, out GuestAddress physical)
    {
        kvm_translation argument = new() { linear_address = linear };
        Call(KvmIoctl.KVM_TRANSLATE, (nint)(&argument), "KVM_TRANSLATE");
        physical = new GuestAddress(argument.physical_address);
        return argument.valid != 0;
    }

    /// <summary>Sets what CPUID answers.</summary>
    public void SetCpuid(ReadOnlySpan<kvm_cpuid_entry2> entries)
    {
        byte[] buffer = new byte[sizeof(kvm_cpuid2) + entries.Length * sizeof(kvm_cpuid_entry2)];
        fixed (byte* start = buffer)
        {
            ((kvm_cpuid2*)start)->nent = (uint)entries.Length;
            entries.CopyTo(new Span<kvm_cpuid_entry2>(start + sizeof(kvm_cpuid2), entries.Length));
            Call(KvmIoctl.KVM_SET_CPUID2, (nint)start, "KVM_SET_CPUID2");
        }
    }

    /// <summary>Sends a non-maskable interrupt.</summary>
    public void InjectNmi() => Call(KvmIoctl.KVM_NMI, 0, "KVM_NMI");

    /// <summary>
    /// Marks the guest's clock (kvm-clock) as paused by the host. Its time went on, as real time did; this only keeps the
    /// guest's watchdog quiet. A guest without kvm-clock has nothing to mark.
    /// </summary>
    public void NotePause() => _ = Linux.ioctl(_descriptor, KvmIoctl.KVM_KVMCLOCK_CTRL, 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _shared.Dispose();
        _fd.Dispose();
    }

    private VcpuExit Left()
    {
        _refusals = 0;
        return VcpuExit.Guest;
    }

    private VcpuExit Failed(Errno errno) => errno switch
    {
        Errno.EINTR => ConsumeKick() ? VcpuExit.Kicked : VcpuExit.Again,
        Errno.EAGAIN => Refused(),
        Errno.EFAULT => throw KvmRemedy.ForLostMemory(Number),
        _ => throw new HostException($"ioctl KVM_RUN (vCPU {Number})", errno),
    };

    private nint RunByLibc() => Linux.ioctl(_descriptor, _run, 0) is var result and >= 0 ? result : -(nint)Linux.LastError;

    /// <summary>KVM starts a thread of its own with a machine's first run. While the host has none left it refuses, and would be asked for ever.</summary>
    private VcpuExit Refused()
    {
        if (++_refusals > MostRefusals)
            throw KvmRemedy.ForRun(Number);
        if (_refusals > RefusalsWithoutRest)
            Thread.Sleep(1);
        return VcpuExit.Again;
    }

    /// <summary>Takes a kick; false when another signal ended KVM_RUN.</summary>
    private bool ConsumeKick()
    {
        Volatile.Write(ref Shared->immediate_exit, 0);
        // One that comes from here on sets both again.
        return Interlocked.Exchange(ref _kicked, 0) != 0;
    }

    private void Call(nuint request, nint argument, string name)
    {
        if (Linux.ioctl(_descriptor, request, argument) < 0)
            throw HostException.Last($"ioctl {name} (vCPU {Number})");
    }
}
