using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <content>Model-specific registers.</content>
internal sealed unsafe partial class KvmVcpu
{
    /// <summary>Fewer than KVM takes at once (MAX_IO_MSRS, 256): 2 KiB of stack.</summary>
    private const int MsrsAtOnce = 128;

    /// <summary>Reads registers with as few calls as possible, up to the first that KVM does not know.</summary>
    /// <param name="entries">Their numbers; their values afterwards.</param>
    /// <returns>How many were read.</returns>
    public int GetMsrs(Span<kvm_msr_entry> entries) => CallForMsrs(KvmIoctl.KVM_GET_MSRS, entries);

    /// <summary>Sets registers in their order with as few calls as possible, up to the first that KVM refuses.</summary>
    /// <param name="entries">Their numbers and values.</param>
    /// <returns>How many were set.</returns>
    public int SetMsrs(Span<kvm_msr_entry> entries) => CallForMsrs(KvmIoctl.KVM_SET_MSRS, entries);

    /// <summary>Reads one register; false when KVM does not know it.</summary>
    public bool TryGetMsr(uint index, out ulong value)
    {
        kvm_msr_entry entry = new() { index = index };
        bool known = GetMsrs(new Span<kvm_msr_entry>(ref entry)) == 1;
        value = entry.data;
        return known;
    }

    /// <summary>Sets one register; false when KVM does not know it or refuses the value.</summary>
    public bool TrySetMsr(uint index, ulong value)
    {
        kvm_msr_entry entry = new() { index = index, data = value };
        return SetMsrs(new Span<kvm_msr_entry>(ref entry)) == 1;
    }

    private int CallForMsrs(nuint request, Span<kvm_msr_entry> entries)
    {
        byte* buffer = stackalloc byte[sizeof(kvm_msrs) + MsrsAtOnce * sizeof(kvm_msr_entry)];
        int done = 0;
        while (done < entries.Length)
        {
            Span<kvm_msr_entry> some = entries.Slice(done, Math.Min(entries.Length - done, MsrsAtOnce));
            *(kvm_msrs*)buffer = new kvm_msrs { nmsrs = (uint)some.Length };
            Span<kvm_msr_entry> passed = new(buffer + sizeof(kvm_msrs), some.Length);
            some.CopyTo(passed);
            int count = Math.Max(0, Linux.ioctl(_descriptor, request, (nint)buffer));
            passed[..count].CopyTo(some);
            done += count;
            if (count < some.Length)
                break;
        }
        return done;
    }
}
