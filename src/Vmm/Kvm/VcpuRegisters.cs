using Vmm.Guest.Cpu;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>Puts a processor's start state into a vCPU.</summary>
internal static class VcpuRegisters
{
    /// <summary>Sets general, segment, control and descriptor table registers. What <see cref="CpuState"/> does not name stays as KVM resets it.</summary>
    public static void Load(KvmVcpu vcpu, CpuState state)
    {
        kvm_sregs special = vcpu.GetSpecialRegisters();
        special.cs = Segment(state.Cs);
        special.ds = Segment(state.Ds);
        special.es = Segment(state.Es);
        special.fs = Segment(state.Fs);
        special.gs = Segment(state.Gs);
        special.ss = Segment(state.Ss);
        special.tr = Segment(state.Tr);
        special.ldt = Segment(state.Ldt);
        special.gdt = Table(state.Gdt);
        special.idt = Table(state.Idt);
        special.cr0 = state.Cr0;
        special.cr3 = state.Cr3;
        special.cr4 = state.Cr4;
        special.efer = state.Efer;
        vcpu.SetSpecialRegisters(special);
        vcpu.SetRegisters(General(state.General));
    }

    private static kvm_regs General(in GeneralRegisters g) => new()
    {
        rax = g.Rax,
        rbx = g.Rbx,
        rcx = g.Rcx,
        rdx = g.Rdx,
        rsi = g.Rsi,
        rdi = g.Rdi,
        rsp = g.Rsp,
        rbp = g.Rbp,
        r8 = g.R8,
        r9 = g.R9,
        r10 = g.R10,
        r11 = g.R11,
        r12 = g.R12,
        r13 = g.R13,
        r14 = g.R14,
        r15 = g.R15,
        rip = g.Rip,
        rflags = g.Rflags,
    };

    private static kvm_segment Segment(in SegmentState s) => new()
    {
        @base = s.Base,
        limit = s.Limit,
        selector = s.Selector,
        type = s.Type,
        present = Bit(s.Present),
        dpl = s.Dpl,
        db = Bit(s.DefaultBig),
        s = Bit(s.IsCodeOrData),
        l = Bit(s.LongMode),
        g = Bit(s.PageGranular),
        unusable = Bit(!s.Present),
    };

    private static kvm_dtable Table(DescriptorTable t) => new() { @base = t.Base, limit = t.Limit };

    private static byte Bit(bool set) => set ? (byte)1 : (byte)0;
}
