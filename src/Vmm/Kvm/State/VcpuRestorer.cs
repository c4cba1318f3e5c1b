using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>Gives a fresh vCPU what another one held. Checks what KVM does not, and names what KVM refuses.</summary>
/// <remarks>
/// The order matters: CPUID decides which registers and features exist; the time stamp counter comes before what KVM
/// arms against it; the APIC's base (in the system registers) its mode, before its page; the page before the
/// model-specific registers, one of which arms its timer; general registers, which clear what was about to be
/// delivered, before that; whether it runs comes last.
/// </remarks>
internal static unsafe class VcpuRestorer
{
    /// <summary>IA32_TSC: counts from the moment it is written.</summary>
    private const uint TimeStampCounter = 0x10;

    /// <summary>Centuries of any counter.</summary>
    private const ulong FarAway = 1UL << 62;

    /// <summary>IA32_TSC_DEADLINE: arms the timer, against the counter.</summary>
    private const uint TscDeadline = 0x6e0;

    private const int LapicSize = 1024;

    /// <summary>Checks and sets everything.</summary>
    /// <param name="section">Its name, for messages.</param>
    /// <param name="vcpu">A vCPU that has not run.</param>
    /// <param name="saved">What the other one held.</param>
    /// <param name="xsaveSize">Bytes of an XSAVE area on this host.</param>
    /// <exception cref="StateException">No vCPU can hold that, or none of this host's; the field is named.</exception>
    public static void Restore(string section, KvmVcpu vcpu, VcpuRecord saved, int xsaveSize)
    {
        VcpuCheck.Check(section, saved, xsaveSize);
        Try("cpuid", () => CpuidRecords.Set(vcpu, saved.Cpuid));
        uint khz = vcpu.GetTscKhz();
        if (saved.TscKhz != 0 && khz != 0 && saved.TscKhz != khz && !vcpu.TrySetTscKhz(saved.TscKhz) && !ProcessorFit.AreClose(saved.TscKhz, khz))
            throw new StateException(section, $"tsc-khz: the guest counts {saved.TscKhz} kHz, this host's processors {khz}, and its KVM cannot scale that");
        if (saved.Msr.FirstOrDefault(msr => msr.Index == TimeStampCounter) is { } counter)
            SetTimeStampCounter(section, vcpu, counter);
        Try("system", () => vcpu.SetSpecialRegisters(System(saved.System)));
        Try("xsave", () => vcpu.SetXsave(Sized(saved.Xsave, xsaveSize)));
        Try("xcr", () => vcpu.SetXcrs(Xcrs(saved.Xcr)));
        Try("debug", () => vcpu.SetDebugRegisters(Debug(saved.Debug)));
        Try("general", () => vcpu.SetRegisters(General(saved.General)));
        Try("lapic", () => vcpu.SetLapic(Lapic(saved.Lapic)));
        SetMsrs(section, vcpu, [.. saved.Msr.Where(msr => msr.Index != TimeStampCounter).OrderBy(msr => msr.Index == TscDeadline)
            .Select(msr => new kvm_msr_entry { index = (uint)msr.Index, data = msr.Value })]);
        Try("events", () => vcpu.SetEvents(Events(saved.Events)));
        Try("mp-state", () => vcpu.SetMpState(new kvm_mp_state { mp_state = saved.MpState }));

        void Try(string field, Action act) => KvmRefusal.Name(section, field, act);
    }

    /// <summary>
    /// KVM takes a value within a second of what the others count (or of what this one counts since it was made) for an
    /// attempt to bring it into step with them, and does that. That is what all but the first want, read one after the
    /// other as they were; the first must count from its own value, and a detour by one that is far away sees to it.
    /// </summary>
    private static void SetTimeStampCounter(string section, KvmVcpu vcpu, NumberedRegister counter)
    {
        Span<kvm_msr_entry> steps = [new() { index = TimeStampCounter, data = counter.Value ^ FarAway }, new() { index = TimeStampCounter, data = counter.Value }];
        steps = vcpu.Number == 0 ? steps : steps[1..];
        if (vcpu.SetMsrs(steps) != steps.Length)
            throw new StateException(section, $"msr 0x{TimeStampCounter:x}: KVM refuses 0x{counter.Value:x}");
    }

    private static void SetMsrs(string section, KvmVcpu vcpu, kvm_msr_entry[] msrs)
    {
        for (int at = vcpu.SetMsrs(msrs); at < msrs.Length; at += vcpu.SetMsrs(msrs.AsSpan(at)))
        {
            (uint number, ulong value) = (msrs[at].index, msrs[at].data);
            at++;
            // Some can be read and not written. Where it holds that value already, nothing is lost.
            if (value != 0 && !(vcpu.TryGetMsr(number, out ulong now) && now == value))
                throw new StateException(section, $"msr 0x{number:x}: KVM refuses 0x{value:x}: this host's processors or its kernel differ from those that it was saved on");
        }
    }

    private static byte[] Sized(byte[] area, int size)
    {
        if (area.Length == Math.Max(size, KvmVcpu.XsaveSize))
            return area;
        byte[] sized = new byte[Math.Max(size, KvmVcpu.XsaveSize)];
        area.AsSpan(0, Math.Min(area.Length, sized.Length)).CopyTo(sized);
        return sized;
    }

    private static kvm_regs General(GeneralRegisters g) => new()
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

    private static kvm_sregs System(SystemRegisters s)
    {
        kvm_sregs system = new()
        {
            cs = Segment(s.Cs),
            ds = Segment(s.Ds),
            es = Segment(s.Es),
            fs = Segment(s.Fs),
            gs = Segment(s.Gs),
            ss = Segment(s.Ss),
            tr = Segment(s.Tr),
            ldt = Segment(s.Ldt),
            gdt = new() { @base = s.Gdt.Base, limit = s.Gdt.Limit },
            idt = new() { @base = s.Idt.Base, limit = s.Idt.Limit },
            cr0 = s.Cr0,
            cr2 = s.Cr2,
            cr3 = s.Cr3,
            cr4 = s.Cr4,
            cr8 = s.Cr8,
            efer = s.Efer,
            apic_base = s.ApicBase,
        };
        if (s.PendingInterrupt is { } vector)
            system.interrupt_bitmap[vector / SystemRegistersLayout.WordBits] = 1UL << vector % SystemRegistersLayout.WordBits;
        return system;
    }

    private static kvm_segment Segment(SegmentRegister s) => new()
    {
        @base = s.Base,
        limit = s.Limit,
        selector = s.Selector,
        type = s.Type,
        present = s.Present,
        dpl = s.Dpl,
        db = s.Db,
        s = s.S,
        l = s.L,
        g = s.G,
        avl = s.Avl,
        unusable = s.Unusable,
    };

    private static kvm_debugregs Debug(DebugRegisters d)
    {
        kvm_debugregs debug = new() { dr6 = d.Dr6, dr7 = d.Dr7, flags = d.Flags };
        (debug.db[0], debug.db[1], debug.db[2], debug.db[3]) = (d.Db0, d.Db1, d.Db2, d.Db3);
        return debug;
    }

    private static kvm_xcrs Xcrs(IReadOnlyList<NumberedRegister> saved)
    {
        kvm_xcrs xcrs = new() { nr_xcrs = (uint)saved.Count };
        var entries = (kvm_xcr*)xcrs.xcrs;
        for (int i = 0; i < saved.Count; i++)
            entries[i] = new() { xcr = (uint)saved[i].Index, value = saved[i].Value };
        return xcrs;
    }

    private static kvm_lapic_state Lapic(byte[] saved)
    {
        kvm_lapic_state lapic;
        saved.CopyTo(new Span<byte>(lapic.regs, LapicSize));
        return lapic;
    }

    private static kvm_vcpu_events Events(PendingEvents e) => new()
    {
        exception = new() { injected = e.ExceptionInjected, nr = e.ExceptionVector, has_error_code = e.ExceptionHasErrorCode, pending = e.ExceptionPending, error_code = e.ExceptionErrorCode },
        interrupt = new() { injected = e.InterruptInjected, nr = e.InterruptVector, soft = e.InterruptSoft, shadow = e.InterruptShadow },
        nmi = new() { injected = e.NmiInjected, pending = e.NmiPending, masked = e.NmiMasked },
        sipi_vector = e.SipiVector,
        // The vector is told without its mark.
        flags = e.Flags | kvm_vcpu_events.KVM_VCPUEVENT_VALID_SIPI_VECTOR,
        smi = new() { smm = e.Smm, pending = e.SmiPending, smm_inside_nmi = e.SmmInsideNmi, latched_init = e.InitLatched },
        triple_fault = new() { pending = e.TripleFault },
    };
}
