using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <content>What a vCPU holds beside its ordinary registers, to save it and to put it back.</content>
internal sealed unsafe partial class KvmVcpu
{
    private const int MostCpuidEntries = 256;

    /// <summary>Bytes of an XSAVE area where the host has nothing that needs more.</summary>
    public static int XsaveSize => sizeof(kvm_xsave);

    /// <summary>The local APIC's registers.</summary>
    public kvm_lapic_state GetLapic() => Get<kvm_lapic_state>(KvmIoctl.KVM_GET_LAPIC, "KVM_GET_LAPIC");

    /// <summary>Sets the local APIC's registers.</summary>
    public void SetLapic(kvm_lapic_state value) => Call(KvmIoctl.KVM_SET_LAPIC, (nint)(&value), "KVM_SET_LAPIC");

    /// <summary>The extended control registers.</summary>
    public kvm_xcrs GetXcrs() => Get<kvm_xcrs>(KvmIoctl.KVM_GET_XCRS, "KVM_GET_XCRS");

    /// <summary>Sets the extended control registers.</summary>
    public void SetXcrs(kvm_xcrs value) => Call(KvmIoctl.KVM_SET_XCRS, (nint)(&value), "KVM_SET_XCRS");

    /// <summary>Interrupts and exceptions that were about to be delivered.</summary>
    public kvm_vcpu_events GetEvents() => Get<kvm_vcpu_events>(KvmIoctl.KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS");

    /// <summary>Sets what is about to be delivered.</summary>
    public void SetEvents(kvm_vcpu_events value) => Call(KvmIoctl.KVM_SET_VCPU_EVENTS, (nint)(&value), "KVM_SET_VCPU_EVENTS");

    /// <summary>The debug registers.</summary>
    public kvm_debugregs GetDebugRegisters() => Get<kvm_debugregs>(KvmIoctl.KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS");

    /// <summary>Sets the debug registers.</summary>
    public void SetDebugRegisters(kvm_debugregs value) => Call(KvmIoctl.KVM_SET_DEBUGREGS, (nint)(&value), "KVM_SET_DEBUGREGS");

    /// <summary>Whether it runs, is halted, or waits for INIT or SIPI.</summary>
    public kvm_mp_state GetMpState() => Get<kvm_mp_state>(KvmIoctl.KVM_GET_MP_STATE, "KVM_GET_MP_STATE");

    /// <summary>Sets whether it runs.</summary>
    public void SetMpState(kvm_mp_state value) => Call(KvmIoctl.KVM_SET_MP_STATE, (nint)(&value), "KVM_SET_MP_STATE");

    /// <summary>x87, SSE, AVX and what else XSAVE saves, in its standard form.</summary>
    /// <param name="size">Bytes: what KVM_CAP_XSAVE2 says; <see cref="XsaveSize"/> where that is less.</param>
    public byte[] GetXsave(int size)
    {
        byte[] area = new byte[Math.Max(size, XsaveSize)];
        fixed (byte* start = area)
            Call(size > XsaveSize ? KvmIoctl.KVM_GET_XSAVE2 : KvmIoctl.KVM_GET_XSAVE, (nint)start, "KVM_GET_XSAVE");
        return area;
    }

    /// <summary>Sets what XSAVE saves.</summary>
    /// <param name="area">As <see cref="GetXsave"/> gives it, of this host's size.</param>
    public void SetXsave(byte[] area)
    {
        fixed (byte* start = area)
            Call(KvmIoctl.KVM_SET_XSAVE, (nint)start, "KVM_SET_XSAVE");
    }

    /// <summary>The frequency of its time stamp counter, in kHz; 0 where KVM does not tell.</summary>
    public uint GetTscKhz() => (uint)Math.Max(0, Linux.ioctl(_descriptor, KvmIoctl.KVM_GET_TSC_KHZ, 0));

    /// <summary>Sets the frequency of its time stamp counter; false when the host's differs and cannot be scaled.</summary>
    public bool TrySetTscKhz(uint khz) => Linux.ioctl(_descriptor, KvmIoctl.KVM_SET_TSC_KHZ, (nint)khz) >= 0;

    /// <summary>Has its time stamp counter show the host's; false when KVM (before 5.16) cannot.</summary>
    public bool TryShareTsc()
    {
        ulong offset = 0;
        kvm_device_attr argument = new() { group = kvm_device_attr.KVM_VCPU_TSC_CTRL, attr = kvm_device_attr.KVM_VCPU_TSC_OFFSET, addr = (ulong)&offset };
        return Linux.ioctl(_descriptor, KvmIoctl.KVM_SET_DEVICE_ATTR, (nint)(&argument)) >= 0;
    }

    /// <summary>What CPUID answers.</summary>
    public kvm_cpuid_entry2[] GetCpuid()
    {
        byte[] buffer = new byte[sizeof(kvm_cpuid2) + MostCpuidEntries * sizeof(kvm_cpuid_entry2)];
        // Linux 6.1 writes the entries that there are, and not how many: what it has not written has this in its padding.
        buffer.AsSpan().Fill(byte.MaxValue);
        fixed (byte* start = buffer)
        {
            kvm_cpuid2* header = (kvm_cpuid2*)start;
            *header = new kvm_cpuid2 { nent = MostCpuidEntries };
            Call(KvmIoctl.KVM_GET_CPUID2, (nint)start, "KVM_GET_CPUID2");
            ReadOnlySpan<kvm_cpuid_entry2> entries = new(header + 1, (int)header->nent);
            int count = 0;
            while (count < entries.Length && entries[count].padding[0] != uint.MaxValue)
                count++;
            return entries[..count].ToArray();
        }
    }

    private T Get<T>(nuint request, string name) where T : unmanaged
    {
        T value;
        Call(request, (nint)(&value), name);
        return value;
    }
}
