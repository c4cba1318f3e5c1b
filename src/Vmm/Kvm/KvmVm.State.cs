using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <content>What KVM's own devices hold.</content>
internal sealed unsafe partial class KvmVm
{
    /// <summary>One interrupt controller.</summary>
    /// <param name="chip">A KVM_IRQCHIP_ number.</param>
    public kvm_irqchip GetIrqChip(uint chip)
    {
        kvm_irqchip value = new() { chip_id = chip };
        Call(KvmIoctl.KVM_GET_IRQCHIP, (nint)(&value), "KVM_GET_IRQCHIP");
        return value;
    }

    /// <summary>Sets one interrupt controller.</summary>
    public void SetIrqChip(kvm_irqchip value) => Call(KvmIoctl.KVM_SET_IRQCHIP, (nint)(&value), "KVM_SET_IRQCHIP");

    /// <summary>The 8254.</summary>
    public kvm_pit_state2 GetPit()
    {
        kvm_pit_state2 value;
        Call(KvmIoctl.KVM_GET_PIT2, (nint)(&value), "KVM_GET_PIT2");
        return value;
    }

    /// <summary>Sets the 8254. Its counters start anew with what they were loaded with.</summary>
    public void SetPit(kvm_pit_state2 value) => Call(KvmIoctl.KVM_SET_PIT2, (nint)(&value), "KVM_SET_PIT2");

    /// <summary>kvm-clock, in nanoseconds, and the time of day at that very moment where the kernel (from 5.16 on) tells.</summary>
    public kvm_clock_data GetClock()
    {
        kvm_clock_data value;
        Call(KvmIoctl.KVM_GET_CLOCK, (nint)(&value), "KVM_GET_CLOCK");
        return value;
    }

    /// <summary>The frequency of the host's time stamp counter, in kHz; 0 where KVM does not tell a machine, only its vCPUs (before 5.17).</summary>
    public uint GetTscKhz() => (uint)Math.Max(0, Linux.ioctl(_number, KvmIoctl.KVM_GET_TSC_KHZ, 0));

    /// <summary>Sets kvm-clock.</summary>
    public void SetClock(ulong nanoseconds)
    {
        kvm_clock_data value = new() { clock = nanoseconds };
        Call(KvmIoctl.KVM_SET_CLOCK, (nint)(&value), "KVM_SET_CLOCK");
    }
}
