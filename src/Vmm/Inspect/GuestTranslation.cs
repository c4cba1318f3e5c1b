using System.Buffers.Binary;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Inspect;

/// <summary>Linear addresses of a guest that runs, as any of its code may use them.</summary>
internal static class GuestTranslation
{
    /// <summary>Where a linear address is. KVM_TRANSLATE looks with a supervisor's rights, which end at user pages under SMAP; those are found by a walk of our own.</summary>
    /// <param name="vcpu">Whose page tables; outside the guest, or this is its thread.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="linear">The address.</param>
    /// <param name="physical">Where it is.</param>
    /// <returns>False when it is not mapped.</returns>
    public static bool TryTranslate(KvmVcpu vcpu, GuestMemory memory, ulong linear, out GuestAddress physical)
    {
        if (vcpu.TryTranslate(linear, out physical))
            return true;
        PageWalkResult found = Walk(vcpu, memory, linear);
        physical = new GuestAddress(found.Physical);
        return found.IsMapped;
    }

    /// <summary>Follows the page tables to a linear address.</summary>
    /// <param name="vcpu">Whose page tables; outside the guest, or this is its thread.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="linear">The address.</param>
    public static PageWalkResult Walk(KvmVcpu vcpu, GuestMemory memory, ulong linear)
    {
        kvm_sregs special = vcpu.GetSpecialRegisters();
        PagingState paging = new() { Cr0 = special.cr0, Cr3 = special.cr3, Cr4 = special.cr4, Efer = special.efer, PhysicalBits = PagingState.MostPhysicalBits, HasGibibytePages = true };
        return PageWalk.Walk(linear, paging, (ulong address, out ulong entry) => TryReadEntry(memory, address, out entry));
    }

    private static bool TryReadEntry(GuestMemory memory, ulong address, out ulong entry)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bool done = memory.TryRead(new GuestAddress(address), bytes);
        entry = done ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return done;
    }
}
