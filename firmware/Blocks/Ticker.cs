using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>A clock: the local APIC's timer interrupts at a steady rate, and its handler counts.</summary>
internal sealed class Ticker : IRoutine
{
    private readonly GuestProgram _program;
    private readonly Interrupts _interrupts;
    private Label _handler;
    private Label _waitNext;
    private bool _waitUsed;

    private Ticker(GuestProgram program)
    {
        _program = program;
        _interrupts = Interrupts.Of(program);
        Count = program.Data.Variable("ticks");
        _handler = program.Main.NewLabel("timer_interrupt");
        _waitNext = program.Main.NewLabel("wait_tick");
    }

    /// <summary>Variable: ticks so far.</summary>
    public uint Count { get; }

    /// <summary>Routine: halts until the count is above RBX, then brings it into RBX. Interrupts are on afterwards.</summary>
    public Label WaitNext
    {
        get
        {
            _waitUsed = true;
            return _waitNext;
        }
    }

    public static Ticker Of(GuestProgram program) => program.Use(static p => new Ticker(p));

    /// <summary>Code that starts the ticks; RAX = how many a second (0 counts as 1). Changes RCX, RDX, RDI.</summary>
    public void Start()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label valid = code.NewLabel("rate_valid");
        a.mov(rcx, rax);
        a.test(rcx, rcx);
        a.jne(valid);
        a.inc(ecx);
        code.Place(ref valid);
        _interrupts.SetGate(Interrupts.TimerVector, _handler);
        a.mov(eax, LocalApic.TimerFrequency);
        a.xor(edx, edx);
        a.div(rcx);
        LocalApic.StartTimer(code);
    }

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        code.Place(ref _handler);
        a.push(rax);
        a.inc(__qword_ptr[Count]);
        LocalApic.Acknowledge(code);
        a.pop(rax);
        a.iretq();
        if (_waitUsed)
            WriteWait();
    }

    private void WriteWait()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label reached = code.NewLabel("tick_reached");
        code.Remark("Look with interrupts off; STI lets them in only after the next instruction, so none is missed.");
        code.Place(ref _waitNext);
        a.cli();
        a.cmp(__qword_ptr[Count], rbx);
        a.ja(reached);
        a.sti();
        a.hlt();
        a.jmp(_waitNext);
        code.Place(ref reached);
        a.mov(rbx, __qword_ptr[Count]);
        a.sti();
        a.ret();
    }
}
