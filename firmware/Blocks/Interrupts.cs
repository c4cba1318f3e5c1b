using System.Buffers.Binary;
using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// The interrupt descriptor table (Intel SDM 3A, 6.14.1): 64 gates, filled in by the guest at run time. Also keeps the
/// two old interrupt controllers silent, since everything here comes through the APICs.
/// </summary>
internal sealed class Interrupts : IRoutine
{
    /// <summary>Vector of the local APIC timer.</summary>
    public const byte TimerVector = 0x20;

    /// <summary>Vector of the serial port.</summary>
    public const byte SerialVector = 0x24;

    /// <summary>Vector the local APIC gives when an interrupt vanished while it was delivered.</summary>
    public const byte SpuriousVector = 0x3F;

    private const int Gates = 64;
    private const int GateSize = 16;

    /// <summary>Present, DPL 0, 64-bit interrupt gate, no stack switch: bytes 4 and 5 of a gate.</summary>
    private const ushort InterruptGate = 0x8E00;

    private readonly GuestProgram _program;
    private readonly uint _table;
    private readonly uint _pointer;
    private Label _setGate;
    private Label _ignore;

    private Interrupts(GuestProgram program)
    {
        _program = program;
        _table = program.Data.Reserve("idt", Gates * GateSize);
        byte[] pointer = new byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, Gates * GateSize - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(2), _table);
        _pointer = program.Data.Add("idt_pointer", pointer, alignment: 8);
        _setGate = program.Main.NewLabel("set_gate");
        _ignore = program.Main.NewLabel("ignore_interrupt");
    }

    public static Interrupts Of(GuestProgram program) => program.Use(static p => new Interrupts(p));

    /// <summary>Code that loads the table. Interrupts stay disabled.</summary>
    public void Load()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        code.Remark("Mask all lines of the two old interrupt controllers, and load our table.");
        a.mov(al, 0xFF);
        a.@out(Ports.MasterPicMask, al);
        a.@out(Ports.SlavePicMask, al);
        a.lidt(__[_pointer]);
        SetGate(SpuriousVector, _ignore);
    }

    /// <summary>Code that loads the table on another vCPU.</summary>
    public void LoadAgain() => _program.Main.Asm.lidt(__[_pointer]);

    /// <summary>Code that points a vector at its handler. Changes RAX and RDI.</summary>
    public void SetGate(byte vector, Label handler)
    {
        Assembler a = _program.Main.Asm;
        a.lea(rax, __[handler]);
        a.mov(edi, (uint)vector);
        a.call(_setGate);
    }

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        code.Remark("set_gate: RAX = handler, EDI = vector. A gate holds the address in three pieces.");
        code.Place(ref _setGate);
        a.shl(edi, 4);
        a.add(edi, _table);
        a.mov(__word_ptr[rdi], ax);
        a.mov(__word_ptr[rdi + 2], Descriptors.Code64);
        a.mov(__word_ptr[rdi + 4], InterruptGate);
        a.shr(rax, 16);
        a.mov(__word_ptr[rdi + 6], ax);
        a.shr(rax, 16);
        a.mov(__dword_ptr[rdi + 8], eax);
        a.mov(__dword_ptr[rdi + 12], 0);
        a.ret();
        code.Place(ref _ignore);
        a.iretq();
    }
}
