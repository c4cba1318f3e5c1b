using Vmm.Inspect.Report;
using Vmm.Kvm.Abi;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>A vCPU's registers, with the names of their bits.</summary>
internal static class RegistersView
{
    private const int Digits = 16;
    private const int AFewALine = 4;

    /// <summary>All of them.</summary>
    public static InspectReport Of(InspectedMachine machine, int vcpu)
    {
        VcpuRecord record = machine.Vcpu(vcpu);
        InspectBlock head = InspectBlock.Of("vCPU",
            new InspectField("number", vcpu),
            new InspectField("state", State(record.MpState)),
            new InspectField("mode", ProcessorMode.Describe(record.General, record.System)),
            new InspectField("CPL", ProcessorMode.PrivilegeLevel(record.General, record.System)),
            new InspectField("to be delivered", Pending(record.Events, record.System)));
        return InspectReport.Of([head, .. Registers(record.General, record.System)]);
    }

    /// <summary>The registers alone, for a vCPU that is no part of a saved machine.</summary>
    public static IReadOnlyList<InspectBlock> Registers(GeneralRegisters general, SystemRegisters system) =>
        [General(general), Control(general, system), Segments(system), Tables(system)];

    private static InspectBlock General(GeneralRegisters r) => new()
    {
        Name = "general",
        PerLine = AFewALine,
        Fields =
        [
            Register("rax", r.Rax), Register("rbx", r.Rbx), Register("rcx", r.Rcx), Register("rdx", r.Rdx),
            Register("rsi", r.Rsi), Register("rdi", r.Rdi), Register("rbp", r.Rbp), Register("rsp", r.Rsp),
            Register("r8", r.R8), Register("r9", r.R9), Register("r10", r.R10), Register("r11", r.R11),
            Register("r12", r.R12), Register("r13", r.R13), Register("r14", r.R14), Register("r15", r.R15),
        ],
    };

    private static InspectBlock Control(GeneralRegisters r, SystemRegisters s) => InspectBlock.Table("control", ["register", "value", "bits"],
    [
        ["rip", InspectCell.Hex(r.Rip, Digits), Words()],
        ["rflags", InspectCell.Hex(r.Rflags, Digits), InspectCell.Of(RegisterBits.Rflags(r.Rflags))],
        ["cr0", InspectCell.Hex(s.Cr0, Digits), InspectCell.Of(RegisterBits.Cr0(s.Cr0))],
        ["cr2", InspectCell.Hex(s.Cr2, Digits), Words()],
        ["cr3", InspectCell.Hex(s.Cr3, Digits), Words()],
        ["cr4", InspectCell.Hex(s.Cr4, Digits), InspectCell.Of(RegisterBits.Cr4(s.Cr4))],
        ["cr8", InspectCell.Hex(s.Cr8, Digits), Words()],
        ["efer", InspectCell.Hex(s.Efer, Digits), InspectCell.Of(RegisterBits.Efer(s.Efer))],
    ]) with
    { Headed = false };

    private static InspectBlock Segments(SystemRegisters s) => InspectBlock.Table("segments", ["register", "selector", "base", "limit", "type", "DPL", "bits"],
        [Segment("cs", s.Cs), Segment("ss", s.Ss), Segment("ds", s.Ds), Segment("es", s.Es), Segment("fs", s.Fs), Segment("gs", s.Gs), Segment("tr", s.Tr), Segment("ldt", s.Ldt)]);

    private static InspectBlock Tables(SystemRegisters s) => InspectBlock.Table("descriptor tables", ["register", "base", "limit"],
        [["gdtr", InspectCell.Hex(s.Gdt.Base, Digits), InspectCell.Hex(s.Gdt.Limit)], ["idtr", InspectCell.Hex(s.Idt.Base, Digits), InspectCell.Hex(s.Idt.Limit)]]);

    private static IReadOnlyList<InspectCell> Segment(string name, SegmentRegister s)
    {
        List<string> bits = [];
        (byte Value, string Name)[] flags = [(s.Present, "P"), (s.L, "L"), (s.Db, "D"), (s.G, "G"), (s.Avl, "AVL")];
        bits.AddRange(flags.Where(flag => flag.Value != 0).Select(flag => flag.Name));
        return [name, InspectCell.Hex(s.Selector, 4), InspectCell.Hex(s.Base), InspectCell.Hex(s.Limit), Type(s), s.Dpl, InspectCell.Of(bits)];
    }

    /// <summary>Intel SDM 3A, tables 3-1 and 3-2.</summary>
    private static string Type(SegmentRegister s)
    {
        if (s.Unusable != 0)
            return "unusable";
        string accessed = (s.Type & 1) != 0 ? ", accessed" : "";
        if (s.S != 0 && (s.Type & 8) != 0)
            return $"code, {((s.Type & 2) != 0 ? "readable" : "execute-only")}{((s.Type & 4) != 0 ? ", conforming" : "")}{accessed}";
        if (s.S != 0)
            return $"data, {((s.Type & 2) != 0 ? "writable" : "read-only")}{((s.Type & 4) != 0 ? ", expand-down" : "")}{accessed}";
        return s.Type switch
        {
            1 => "16-bit TSS, available",
            2 => "LDT",
            3 => "16-bit TSS, busy",
            9 => "TSS, available",
            11 => "TSS, busy",
            _ => $"system type {s.Type}",
        };
    }

    /// <summary>KVM_MP_STATE_ in words.</summary>
    private static string State(uint state) => state switch
    {
        kvm_mp_state.KVM_MP_STATE_RUNNABLE => "runs",
        kvm_mp_state.KVM_MP_STATE_UNINITIALIZED => "waits for INIT",
        kvm_mp_state.KVM_MP_STATE_INIT_RECEIVED => "waits for SIPI",
        kvm_mp_state.KVM_MP_STATE_HALTED => "halted (HLT)",
        kvm_mp_state.KVM_MP_STATE_SIPI_RECEIVED => "has got SIPI",
        _ => $"state {state}",
    };

    private static InspectCell Pending(PendingEvents e, SystemRegisters s)
    {
        List<string> pending = [];
        if (e.ExceptionInjected != 0 || e.ExceptionPending != 0)
            pending.Add($"exception {e.ExceptionVector}");
        if (e.InterruptInjected != 0)
            pending.Add($"interrupt 0x{e.InterruptVector:x2}");
        else if (s.PendingInterrupt is byte vector)
            pending.Add($"interrupt 0x{vector:x2}");
        if (e.NmiInjected != 0 || e.NmiPending != 0)
            pending.Add("NMI");
        if (e.SmiPending != 0)
            pending.Add("SMI");
        return pending.Count == 0 ? "nothing" : string.Join(", ", pending);
    }

    private static InspectField Register(string name, ulong value) => new(name, InspectCell.Hex(value, Digits));

    private static InspectCell Words() => InspectCell.Of([]);
}
