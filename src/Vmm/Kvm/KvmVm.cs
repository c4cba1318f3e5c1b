using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>The VM level of KVM: memory slots, interrupt controllers, event descriptors, vCPUs.</summary>
internal sealed unsafe partial class KvmVm : IDisposable
{
    private readonly SafeFd _fd;
    private readonly int _number;
    private readonly int _vcpuMapSize;

    /// <summary>Takes over a VM descriptor.</summary>
    internal KvmVm(SafeFd fd, int vcpuMapSize)
    {
        _fd = fd;
        _number = fd.Number;
        _vcpuMapSize = vcpuMapSize;
    }

    /// <summary>KVM_CHECK_EXTENSION on the VM: what this very machine can do.</summary>
    public int Check(KvmCapability capability) => Math.Max(0, Linux.ioctl(_number, KvmIoctl.KVM_CHECK_EXTENSION, (nint)capability));

    /// <summary>Lays a piece of our memory into the guest's physical address space.</summary>
    /// <param name="slot">Slot number; the same number again replaces it.</param>
    /// <param name="region">Where it lies for the guest and for us.</param>
    /// <param name="flags">KVM_MEM_ flags.</param>
    public void SetMemory(uint slot, in MemoryRegion region, uint flags = 0)
    {
        kvm_userspace_memory_region argument = new()
        {
            slot = slot,
            flags = flags,
            guest_phys_addr = region.Start.Value,
            memory_size = region.Size,
            userspace_addr = (ulong)region.HostBase,
        };
        Call(KvmIoctl.KVM_SET_USER_MEMORY_REGION, (nint)(&argument), $"KVM_SET_USER_MEMORY_REGION (slot {slot}, {region.Start}, {region.Size} bytes)");
    }

    /// <summary>Gives KVM the pages that it needs for real mode on Intel processors without unrestricted guest.</summary>
    public void ReserveIntelPages()
    {
        ulong identityMap = MemoryLayout.IdentityMapStart;
        Call(KvmIoctl.KVM_SET_IDENTITY_MAP_ADDR, (nint)(&identityMap), "KVM_SET_IDENTITY_MAP_ADDR");
        Call(KvmIoctl.KVM_SET_TSS_ADDR, unchecked((nint)MemoryLayout.TssStart), "KVM_SET_TSS_ADDR");
    }

    /// <summary>Makes the in-kernel PICs, I/O APIC and local APICs. Before the first vCPU.</summary>
    public void CreateIrqChip() => Call(KvmIoctl.KVM_CREATE_IRQCHIP, 0, "KVM_CREATE_IRQCHIP");

    /// <summary>Makes the in-kernel 8254, with port 0x61 answered in the kernel too.</summary>
    public void CreatePit()
    {
        kvm_pit_config argument = new() { flags = kvm_pit_config.KVM_PIT_SPEAKER_DUMMY };
        Call(KvmIoctl.KVM_CREATE_PIT2, (nint)(&argument), "KVM_CREATE_PIT2");
    }

    /// <summary>Has accesses to model-specific registers that KVM does not know end KVM_RUN; false when KVM (before 5.10) cannot.</summary>
    public bool TryAskForUnknownMsrs()
    {
        kvm_enable_cap argument = new() { cap = (uint)KvmCapability.KVM_CAP_X86_USER_SPACE_MSR };
        argument.args[0] = kvm_enable_cap.KVM_MSR_EXIT_REASON_UNKNOWN;
        return Linux.ioctl(_number, KvmIoctl.KVM_ENABLE_CAP, (nint)(&argument)) >= 0;
    }

    /// <summary>Sets the level of an interrupt controller input.</summary>
    public void SetIrqLine(uint gsi, bool level)
    {
        kvm_irq_level argument = new() { irq = gsi, level = level ? 1u : 0u };
        Call(KvmIoctl.KVM_IRQ_LINE, (nint)(&argument), "KVM_IRQ_LINE");
    }

    /// <summary>Ties an eventfd to an interrupt controller input: each signal is an edge.</summary>
    public void SetIrqFd(EventFd source, uint gsi, bool assign)
    {
        kvm_irqfd argument = new()
        {
            fd = (uint)source.Fd.Number,
            gsi = gsi,
            flags = assign ? 0 : kvm_irqfd.KVM_IRQFD_FLAG_DEASSIGN,
        };
        Call(KvmIoctl.KVM_IRQFD, (nint)(&argument), $"KVM_IRQFD (GSI {gsi})");
    }

    /// <summary>Ties guest writes to an eventfd; false, with errno left in <see cref="Linux.LastError"/>, when the kernel refuses.</summary>
    public bool TrySetIoEventFd(in kvm_ioeventfd argument)
    {
        fixed (kvm_ioeventfd* pointer = &argument)
            return Linux.ioctl(_number, KvmIoctl.KVM_IOEVENTFD, (nint)pointer) >= 0;
    }

    /// <summary>Delivers a message-signalled interrupt; false when it reached no vCPU.</summary>
    public bool SignalMsi(ulong address, uint data)
    {
        kvm_msi argument = new() { address_lo = (uint)address, address_hi = (uint)(address >> 32), data = data };
        return Linux.ioctl(_number, KvmIoctl.KVM_SIGNAL_MSI, (nint)(&argument)) > 0;
    }

    /// <summary>Makes a vCPU.</summary>
    /// <param name="apicId">What KVM knows it by: the identity of its local APIC.</param>
    /// <param name="number">Its place among the machine's vCPUs, from 0; where ids have no gaps it is the same.</param>
    public KvmVcpu CreateVcpu(uint apicId, int number)
    {
        int fd = Linux.ioctl(_number, KvmIoctl.KVM_CREATE_VCPU, (nint)apicId);
        return new KvmVcpu(number, SafeFd.Own(fd, $"ioctl KVM_CREATE_VCPU ({apicId})"), _vcpuMapSize);
    }

    /// <inheritdoc/>
    public void Dispose() => DeferredClose.Close(_fd);

    private void Call(nuint request, nint argument, string name)
    {
        if (Linux.ioctl(_number, request, argument) < 0)
            throw HostException.Last("ioctl " + name);
    }
}
