using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Receiving on the first serial port by interrupt. The handler puts bytes into a ring; when that is full it switches
/// the interrupt off and leaves the rest to the port, so nothing is lost however fast the other side types.
/// </summary>
internal sealed class SerialInput : IRoutine
{
    private const int RingSize = 256;

    /// <summary>Interrupt enable: a byte was received.</summary>
    private const byte ReceiveInterrupt = 1;

    /// <summary>Modem control: DTR, RTS, and OUT2, which on a PC connects the port to its interrupt line.</summary>
    private const byte ModemReady = 0x0B;

    private readonly GuestProgram _program;
    private readonly Interrupts _interrupts;
    private readonly uint _ring;
    private readonly uint _head;
    private readonly uint _tail;
    private readonly uint _stopped;
    private Label _handler;
    private Label _getByte;

    private SerialInput(GuestProgram program)
    {
        _program = program;
        _interrupts = Interrupts.Of(program);
        _ring = program.Data.Reserve("input_ring", RingSize);
        _head = program.Data.Variable("input_head");
        _tail = program.Data.Variable("input_tail");
        _stopped = program.Data.Variable("input_stopped");
        InterruptCount = program.Data.Variable("serial_interrupts");
        _handler = program.Main.NewLabel("serial_interrupt");
        _getByte = program.Main.NewLabel("get_byte");
    }

    /// <summary>Variable: how many interrupts there were.</summary>
    public uint InterruptCount { get; }

    /// <summary>Routine: the next byte in EAX; halts while there is none. Changes RCX, RDX; interrupts are on afterwards.</summary>
    public Label GetByte => _getByte;

    public static SerialInput Of(GuestProgram program) => program.Use(static p => new SerialInput(p));

    /// <summary>Code that connects the port's interrupt. The local APIC must be enabled. Changes RAX, RDX, RDI.</summary>
    public void Start()
    {
        CodeSection code = _program.Main;
        _interrupts.SetGate(Interrupts.SerialVector, _handler);
        IoApic.Route(code, IoApic.SerialLine, Interrupts.SerialVector);
        code.Remark("The serial port: interrupt when a byte has come in.");
        Output(Ports.SerialModemControl, ModemReady);
        Output(Ports.SerialInterruptEnable, ReceiveInterrupt);
    }

    /// <inheritdoc/>
    public void Write()
    {
        WriteHandler();
        WriteGetByte();
    }

    private void Output(ushort port, byte value)
    {
        Assembler a = _program.Main.Asm;
        a.mov(edx, (uint)port);
        a.mov(al, value);
        a.@out(dx, al);
    }

    private void WriteHandler()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label next = code.NewLabel("serial_next");
        Label full = code.NewLabel("serial_full");
        Label done = code.NewLabel("serial_done");

        code.Place(ref _handler);
        a.push(rax);
        a.push(rcx);
        a.push(rdx);
        a.inc(__qword_ptr[InterruptCount]);
        code.Place(ref next);
        a.mov(edx, (uint)Ports.SerialLineStatus);
        a.@in(al, dx);
        a.test(al, SerialLine.DataReady);
        a.je(done);
        a.mov(rcx, __qword_ptr[_head]);
        a.mov(rax, rcx);
        a.sub(rax, __qword_ptr[_tail]);
        a.cmp(rax, RingSize);
        a.jae(full);
        a.mov(edx, (uint)Ports.Serial);
        a.@in(al, dx);
        a.movzx(ecx, cl);
        a.mov(__byte_ptr[rcx + _ring], al);
        a.inc(__qword_ptr[_head]);
        a.jmp(next);
        code.Remark("No room: no more interrupts until get_byte has made some.");
        code.Place(ref full);
        a.inc(__qword_ptr[_stopped]);
        Output(Ports.SerialInterruptEnable, 0);
        code.Place(ref done);
        LocalApic.Acknowledge(code);
        a.pop(rdx);
        a.pop(rcx);
        a.pop(rax);
        a.iretq();
    }

    private void WriteGetByte()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label have = code.NewLabel("get_have");
        Label done = code.NewLabel("get_done");

        code.Place(ref _getByte);
        a.cli();
        a.mov(rcx, __qword_ptr[_tail]);
        a.cmp(rcx, __qword_ptr[_head]);
        a.jne(have);
        code.Remark("Nothing yet: STI takes effect after the next instruction, so no interrupt slips in before HLT.");
        a.sti();
        a.hlt();
        a.jmp(_getByte);
        code.Place(ref have);
        a.movzx(ecx, cl);
        a.movzx(eax, __byte_ptr[rcx + _ring]);
        a.inc(__qword_ptr[_tail]);
        a.cmp(__qword_ptr[_stopped], 0);
        a.je(done);
        a.push(rax);
        a.mov(__qword_ptr[_stopped], 0);
        Output(Ports.SerialInterruptEnable, ReceiveInterrupt);
        a.pop(rax);
        code.Place(ref done);
        a.sti();
        a.ret();
    }
}
