using Vmm.Guest.Memory;
using Vmm.Inspect;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Trace.Recording;

/// <summary>
/// A vCPU's registers and code at an exit, on its own thread. Registers come with the exit where KVM puts them into the
/// shared area (KVM_CAP_SYNC_REGS), else they are asked for.
/// </summary>
/// <param name="vcpu">The vCPU.</param>
/// <param name="memory">The guest's RAM.</param>
/// <param name="synced">Whether KVM puts them there.</param>
internal sealed unsafe class VcpuMoment(KvmVcpu vcpu, GuestMemory memory, bool synced)
{
    /// <summary>The registers, as they were when they were read.</summary>
    public ProcessorContext Context { get; } = new();

    /// <summary>From now on registers come with each exit, or no longer.</summary>
    public void Ask(bool on)
    {
        if (synced)
            vcpu.Shared->kvm_valid_regs = on ? kvm_sync_regs.KVM_SYNC_X86_REGS | kvm_sync_regs.KVM_SYNC_X86_SREGS : 0;
    }

    /// <summary>Takes the registers of the exit that is being looked at.</summary>
    public void Read()
    {
        if (synced)
        {
            Context.Registers = vcpu.Shared->s.regs.regs;
            Context.Special = vcpu.Shared->s.regs.sregs;
            return;
        }
        ReadNow();
    }

    /// <summary>Takes the registers of a vCPU that has not left the guest since they were asked for.</summary>
    public void ReadNow()
    {
        Context.Registers = vcpu.GetRegisters();
        Context.Special = vcpu.GetSpecialRegisters();
    }

    /// <summary>Copies code from a linear address on, page by page, as far as it is in RAM.</summary>
    /// <returns>How much.</returns>
    public int ReadCode(ulong linear, Span<byte> code)
    {
        int done = 0;
        while (done < code.Length && GuestTranslation.TryTranslate(vcpu, memory, linear + (ulong)done, out GuestAddress physical))
        {
            int run = (int)Math.Min((ulong)(code.Length - done), MemoryLayout.PageSize - physical.Value % MemoryLayout.PageSize);
            if (!memory.TryRead(physical, code.Slice(done, run)))
                break;
            done += run;
        }
        return done;
    }
}
