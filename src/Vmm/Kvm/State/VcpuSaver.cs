using System.Numerics;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>Reads everything that KVM holds of a vCPU. It is out of the guest, and the exit that it left with has been answered.</summary>
internal static unsafe class VcpuSaver
{
    /// <summary>Reads it.</summary>
    /// <param name="vcpu">The vCPU, held.</param>
    /// <param name="msrs">The model-specific registers to save.</param>
    /// <param name="xsaveSize">Bytes of an XSAVE area on this host.</param>
    public static VcpuRecord Save(KvmVcpu vcpu, ReadOnlySpan<uint> msrs, int xsaveSize)
    {
        // First: asking for it makes KVM take in an INIT or SIPI that is on its way.
        uint state = vcpu.GetMpState().mp_state;
        // Before the other registers: it may settle an exception's effect on CR2 and DR6, and NMIs that are queued.
        kvm_vcpu_events events = vcpu.GetEvents();
        return new VcpuRecord
        {
            MpState = state,
            TscKhz = vcpu.GetTscKhz(),
            General = General(vcpu.GetRegisters()),
            System = System(vcpu.GetSpecialRegisters()),
            Debug = Debug(vcpu.GetDebugRegisters()),
            Events = Events(events),
            Xcr = Xcrs(vcpu.GetXcrs()),
            Msr = Msrs(vcpu, msrs),
            Lapic = Lapic(vcpu.GetLapic()),
            Xsave = vcpu.GetXsave(xsaveSize),
            Cpuid = CpuidRecords.Of(vcpu),
        };
    }

    /// <summary>The general registers, as a state has them.</summary>
    public static GeneralRegisters General(in kvm_regs r) => new(
        r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rsp, r.rbp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip, r.rflags);

    /// <summary>Segments and control registers, as a state has them.</summary>
    public static SystemRegisters System(kvm_sregs s) => new(
        Segment(s.cs), Segment(s.ds), Segment(s.es), Segment(s.fs), Segment(s.gs), Segment(s.ss), Segment(s.tr), Segment(s.ldt),
        new(s.gdt.@base, s.gdt.limit), new(s.idt.@base, s.idt.limit), s.cr0, s.cr2, s.cr3, s.cr4, s.cr8, s.efer, s.apic_base, PendingInterrupt(s));

    private static SegmentRegister Segment(in kvm_segment s) => new(s.@base, s.limit, s.selector, s.type, s.present, s.dpl, s.db, s.s, s.l, s.g, s.avl, s.unusable);

    /// <summary>KVM_GET_SREGS sets at most one bit of 256.</summary>
    private static byte? PendingInterrupt(in kvm_sregs s)
    {
        for (int word = 0; word < SystemRegistersLayout.InterruptWords; word++)
        {
            if (s.interrupt_bitmap[word] != 0)
                return (byte)(word * SystemRegistersLayout.WordBits + BitOperations.TrailingZeroCount(s.interrupt_bitmap[word]));
        }
        return null;
    }

    private static DebugRegisters Debug(kvm_debugregs d) => new(d.db[0], d.db[1], d.db[2], d.db[3], d.dr6, d.dr7, d.flags);

    private static PendingEvents Events(in kvm_vcpu_events e) => new(
        e.exception.injected, e.exception.nr, e.exception.has_error_code, e.exception.pending, e.exception.error_code,
        e.interrupt.injected, e.interrupt.nr, e.interrupt.soft, e.interrupt.shadow,
        e.nmi.injected, e.nmi.pending, e.nmi.masked, e.sipi_vector, e.flags,
        e.smi.smm, e.smi.pending, e.smi.smm_inside_nmi, e.smi.latched_init, e.triple_fault.pending);

    private static List<NumberedRegister> Xcrs(kvm_xcrs x)
    {
        List<NumberedRegister> saved = [];
        var entries = (kvm_xcr*)x.xcrs;
        for (int i = 0; i < x.nr_xcrs && i < kvm_xcrs.KVM_MAX_XCRS; i++)
            saved.Add(new(entries[i].xcr, entries[i].value));
        return saved;
    }

    /// <summary>Model-specific registers, without those that KVM does not know.</summary>
    public static List<NumberedRegister> Msrs(KvmVcpu vcpu, ReadOnlySpan<uint> numbers)
    {
        var entries = new kvm_msr_entry[numbers.Length];
        for (int i = 0; i < entries.Length; i++)
            entries[i].index = numbers[i];
        List<NumberedRegister> saved = new(numbers.Length);
        for (int at = 0; at < entries.Length;)
        {
            int end = at + vcpu.GetMsrs(entries.AsSpan(at));
            for (; at < end; at++)
                saved.Add(new(entries[at].index, entries[at].data));
            // KVM lists some that this processor has not got.
            at++;
        }
        return saved;
    }

    private static byte[] Lapic(kvm_lapic_state lapic) => new ReadOnlySpan<byte>(lapic.regs, sizeof(kvm_lapic_state)).ToArray();
}
