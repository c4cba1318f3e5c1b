using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Exits;

/// <summary>The interrupts that <see cref="ExitRoutines"/> measures: their handlers, how they are sent, and the second vCPU.</summary>
internal sealed class ExitInterrupts
{
    private const byte SelfVector = 0x29;
    private const byte OtherVector = 0x2A;

    // Local APIC registers and interrupt command bits (Intel SDM 3A, 11.4.1 and 11.6.1).
    private const int EndOfInterrupt = 0xB0;
    private const int CommandLow = 0x300;
    private const int CommandHigh = 0x310;
    private const int TimerEntry = 0x320;
    private const int TimerInitialCount = 0x380;
    private const int TimerDivide = 0x3E0;
    private const uint DivideByOne = 0b1011;
    private const uint LevelAssert = 1 << 14;
    private const uint ToSelf = 0b01 << 18;
    private const uint SecondProcessor = 1 << 24;

    private readonly GuestProgram _program;
    private readonly CodeSection _code;
    private readonly Assembler _a;
    private Label _stamp;
    private Label _plain;
    private Label _answer;

    public ExitInterrupts(GuestProgram program)
    {
        _program = program;
        _code = program.Main;
        _a = _code.Asm;
        _stamp = _code.NewLabel("handler_stamp");
        _plain = _code.NewLabel("handler_plain");
        _answer = _code.NewLabel("handler_answer");
    }

    /// <summary>The handlers, and code that points their vectors at them. They use R12 as the local APIC.</summary>
    public void SetHandlers()
    {
        Label over = _code.NewLabel("handlers_set");
        _a.jmp(over);
        _code.Remark("The time first. Whoever waits in HLT counts on no register but those it says.");
        _code.Place(ref _stamp);
        _a.rdtsc();
        _a.mov(__dword_ptr[ExitsLayout.Handled], eax);
        _a.mov(__dword_ptr[ExitsLayout.Handled + 4], edx);
        _code.Place(ref _plain);
        _a.mov(__dword_ptr[r12 + EndOfInterrupt], 0);
        _a.iretq();
        _code.Place(ref _answer);
        _a.inc(__qword_ptr[ExitsLayout.Acknowledged]);
        _a.mov(__dword_ptr[r12 + EndOfInterrupt], 0);
        _a.iretq();
        _code.Place(ref over);
        Interrupts interrupts = Interrupts.Of(_program);
        interrupts.SetGate(ExitsLayout.WakeVector, _stamp);
        interrupts.SetGate(Interrupts.TimerVector, _stamp);
        interrupts.SetGate(SelfVector, _plain);
        interrupts.SetGate(OtherVector, _answer);
    }

    /// <summary>Code that prepares what the row in RCX needs. Changes RAX, RCX, RDX, RSI, RDI.</summary>
    public void Prepare()
    {
        Label wake = _code.NewLabel("prepare_wake");
        Label other = _code.NewLabel("prepare_other");
        Label timer = _code.NewLabel("prepare_timer");
        Label done = _code.NewLabel("prepared");
        _a.cmp(ecx, (int)ExitAccess.Halt);
        _a.je(wake);
        _a.cmp(ecx, (int)ExitAccess.Timer);
        _a.je(timer);
        _a.cmp(ecx, (int)ExitAccess.Ipi);
        _a.je(other);
        _a.cmp(ecx, (int)ExitAccess.IpiHalt);
        _a.jne(done);
        _code.Place(ref other);
        StartOther();
        _a.jmp(done);
        _code.Place(ref timer);
        _a.mov(edx, LocalApic.Base);
        _a.mov(__dword_ptr[rdx + TimerDivide], DivideByOne);
        _a.mov(__dword_ptr[rdx + TimerEntry], (uint)Interrupts.TimerVector);
        _a.jmp(done);
        _code.Place(ref wake);
        IoApic.Route(_code, ExitsLayout.WakeLine, ExitsLayout.WakeVector);
        _code.Place(ref done);
        _a.nop();
    }

    /// <summary>Code that tells the host that this vCPU is about to halt. Changes RAX, RDX.</summary>
    public void Arm()
    {
        _a.inc(__qword_ptr[ExitsLayout.Armed]);
        _a.mov(edx, ExitsLayout.ArmPort);
        _a.@out(dx, eax);
    }

    /// <summary>Code that rings, and looks at memory until the host has answered. Changes RAX, RDX.</summary>
    public void RingAndWait()
    {
        Label wait = _code.NewLabel("wait_reply");
        Arm();
        _a.mov(rax, __qword_ptr[ExitsLayout.Armed]);
        _code.Place(ref wait);
        _a.cmp(__qword_ptr[ExitsLayout.Reply], rax);
        _a.jne(wait);
    }

    /// <summary>Code that starts the timer to interrupt once, RBP counts from now.</summary>
    public void StartTimer() => _a.mov(__dword_ptr[r12 + TimerInitialCount], ebp);

    /// <summary>Code that interrupts this vCPU itself.</summary>
    public void SendToSelf() => _a.mov(__dword_ptr[r12 + CommandLow], ToSelf | LevelAssert | SelfVector);

    /// <summary>Code that interrupts the second vCPU and looks at memory until it has answered. Changes RAX.</summary>
    public void SendToOther()
    {
        Label wait = _code.NewLabel("wait_answer");
        _a.mov(rax, __qword_ptr[ExitsLayout.Acknowledged]);
        _a.mov(__dword_ptr[r12 + CommandHigh], SecondProcessor);
        _a.mov(__dword_ptr[r12 + CommandLow], LevelAssert | OtherVector);
        _code.Place(ref wait);
        _a.cmp(__qword_ptr[ExitsLayout.Acknowledged], rax);
        _a.je(wait);
    }

    /// <summary>Starts the second vCPU, which spins or, for <see cref="ExitAccess.IpiHalt"/>, halts; waits until it is there.</summary>
    private void StartOther()
    {
        Label begin = _code.NewLabel("second_vcpu");
        Label spin = _code.NewLabel("second_spin");
        Label halt = _code.NewLabel("second_halt");
        Label over = _code.NewLabel("second_started");
        Label wait = _code.NewLabel("second_wait");
        uint row = _program.Data.Variable("second_row");
        uint ready = _program.Data.Variable("second_ready");
        _a.mov(__dword_ptr[row], ecx);
        Processors.Of(_program).Start(begin);
        _a.nop();
        _code.Place(ref wait);
        _a.pause();
        _a.cmp(__qword_ptr[ready], 0);
        _a.je(wait);
        _a.jmp(over);
        _code.Place(ref begin);
        Interrupts.Of(_program).LoadAgain();
        LocalApic.Enable(_code);
        _a.mov(r12d, LocalApic.Base);
        _a.mov(__qword_ptr[ready], 1);
        _a.sti();
        _a.cmp(__dword_ptr[row], (int)ExitAccess.IpiHalt);
        _a.je(halt);
        _code.Place(ref spin);
        _a.pause();
        _a.jmp(spin);
        _code.Place(ref halt);
        _a.hlt();
        _a.jmp(halt);
        _code.Place(ref over);
    }
}
