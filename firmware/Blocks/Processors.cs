using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Starting the other vCPUs. They wake in real mode at the page the start-up IPI names, climb to long mode as the first
/// one did, and get a number and a stack. How many there are stands in ACPI's MADT (ACPI 6.5, 5.2.12).
/// </summary>
internal sealed class Processors : IRoutine
{
    /// <summary>MADT: where the entries begin.</summary>
    private const int MadtEntries = 44;

    // Entry types, and where their flags are; a set bit 0 says the processor can be used.
    private const byte TypeLocalApic = 0;
    private const byte TypeLocalX2Apic = 9;
    private const int LocalApicFlags = 4;
    private const int LocalX2ApicFlags = 8;

    private readonly GuestProgram _program;
    private readonly LongMode _mode;
    private readonly AcpiTables _acpi;
    private readonly uint _arrived;
    private readonly uint _target;
    private Label _count;
    private Label _arrival;

    private Processors(GuestProgram program)
    {
        _program = program;
        _mode = LongMode.Of(program);
        _acpi = AcpiTables.Of(program);
        _arrived = program.Data.Variable("vcpus_arrived", 1);
        _target = program.Data.Variable("vcpu_target", (ulong)Descriptors.Code64 << 32);
        _count = program.Main.NewLabel("count_vcpus");
        _arrival = program.Main.NewLabel("vcpu_arrival");
    }

    /// <summary>Routine: the number of vCPUs in EAX, 1 without a MADT. Changes RCX, RDX, RSI, RDI.</summary>
    public Label Count => _count;

    /// <summary>Variable: vCPUs that have arrived in long mode, the first included.</summary>
    public uint Arrived => _arrived;

    public static Processors Of(GuestProgram program) => program.Use(static p => new Processors(p));

    /// <summary>
    /// Code that starts all others. The local APIC must be enabled. They begin at a label with their number (from 1) in
    /// EBX and a stack of their own.
    /// </summary>
    public void Start(Label begin)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        WriteWay();
        RealMode.CopyDown(code);
        a.lea(rax, __[_arrival]);
        a.mov(__dword_ptr[_target], eax);
        LocalApic.StartOthers(code, GuestLayout.RealMode);
        WriteArrival(begin);
    }

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("count_next");
        Label wide = code.NewLabel("count_x2apic");
        Label check = code.NewLabel("count_check");
        Label skip = code.NewLabel("count_skip");
        Label single = code.NewLabel("count_single");
        Label done = code.NewLabel("count_done");

        code.Place(ref _count);
        a.mov(eax, AcpiTables.Signature("APIC"));
        a.call(_acpi.Find);
        a.test(rax, rax);
        a.je(single);
        a.mov(ecx, __dword_ptr[rax + AcpiTables.Length]);
        a.add(rcx, rax);
        a.lea(rsi, __[rax + MadtEntries]);
        a.xor(eax, eax);
        code.Remark("RSI = entry, RCX = end: count those of the two processor types that are enabled.");
        code.Place(ref next);
        a.cmp(rsi, rcx);
        a.jae(done);
        a.mov(edx, __dword_ptr[rsi + LocalApicFlags]);
        a.cmp(__byte_ptr[rsi], TypeLocalApic);
        a.je(check);
        a.cmp(__byte_ptr[rsi], TypeLocalX2Apic);
        a.jne(skip);
        code.Place(ref wide);
        a.mov(edx, __dword_ptr[rsi + LocalX2ApicFlags]);
        code.Place(ref check);
        a.and(edx, 1);
        a.add(eax, edx);
        code.Place(ref skip);
        a.movzx(edx, __byte_ptr[rsi + 1]);
        a.add(rsi, rdx);
        a.jmp(next);
        code.Place(ref single);
        a.inc(eax);
        code.Place(ref done);
        a.ret();
    }

    /// <summary>Real mode, protected mode, long mode; the last jump takes its target from memory.</summary>
    private void WriteWay()
    {
        CodeSection real = _program.Real;
        real.Remark("A vCPU wakes here: CS = 800h, IP = 0.");
        real.Asm.cli();
        real.Asm.xor(ax, ax);
        real.Asm.mov(ds, ax);
        RealMode.WriteAscent(_program, _mode.GdtTable);
        LongMode.WriteSwitch(_program.Ascent);
        _program.Ascent.Asm.jmp(__fword_ptr[_target]);
    }

    private void WriteArrival(Label begin)
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label over = code.NewLabel("others_started");
        Label park = code.NewLabel("vcpu_park");
        a.jmp(over);
        code.Remark("Each of the others: take a number, and the stack that belongs to it.");
        code.Place(ref _arrival);
        LongMode.WriteSegments(a);
        a.mov(ebx, 1);
        a.@lock.xadd(__dword_ptr[_arrived], ebx);
        a.cmp(ebx, GuestLayout.MaximumVcpus);
        a.jae(park);
        a.mov(eax, ebx);
        a.shl(eax, GuestLayout.StackShift);
        a.lea(esp, __[rax + GuestLayout.FirstStackTop]);
        a.jmp(begin);
        code.Place(ref park);
        a.hlt();
        a.jmp(park);
        code.Place(ref over);
    }
}
