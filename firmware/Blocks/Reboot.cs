using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Resets the machine: by the FADT's reset register (ACPI 6.5, 4.8.3.6), then by the keyboard controller, and if both
/// are deaf by a triple fault, the oldest way of all.
/// </summary>
internal sealed class Reboot : IRoutine
{
    private const int FadtFlags = 112;
    private const int FadtResetSpace = 116;
    private const int FadtResetRegister = 120;
    private const int FadtResetValue = 128;

    /// <summary>RESET_REG_SUP: there is a reset register.</summary>
    private const uint FlagResetRegister = 1 << 10;

    private const byte SpaceIo = 1;

    /// <summary>Keyboard controller command: pulse the reset line.</summary>
    private const byte PulseReset = 0xFE;

    private readonly GuestProgram _program;
    private readonly AcpiTables _acpi;
    private readonly uint _emptyTable;
    private Label _reboot;
    private Label _tripleFault;

    private Reboot(GuestProgram program)
    {
        _program = program;
        _acpi = AcpiTables.Of(program);
        _emptyTable = program.Data.Add("empty_idt_pointer", new byte[10], alignment: 8);
        _reboot = program.Main.NewLabel("reboot");
        _tripleFault = program.Main.NewLabel("triple_fault");
    }

    /// <summary>Jump here to reset the machine.</summary>
    public Label Go => _reboot;

    /// <summary>Jump here to end in a triple fault.</summary>
    public Label TripleFault => _tripleFault;

    public static Reboot Of(GuestProgram program) => program.Use(static p => new Reboot(p));

    /// <inheritdoc/>
    public void Write()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label port = code.NewLabel("reboot_port");
        Label keyboard = code.NewLabel("reboot_keyboard");
        Label wait = code.NewLabel("reboot_wait");

        code.Place(ref _reboot);
        a.cli();
        a.mov(eax, AcpiTables.Signature("FACP"));
        a.call(_acpi.Find);
        a.test(rax, rax);
        a.je(keyboard);
        a.test(__dword_ptr[rax + FadtFlags], FlagResetRegister);
        a.je(keyboard);
        a.mov(rdx, __qword_ptr[rax + FadtResetRegister]);
        a.mov(cl, __byte_ptr[rax + FadtResetValue]);
        a.cmp(__byte_ptr[rax + FadtResetSpace], SpaceIo);
        a.je(port);
        a.mov(__byte_ptr[rdx], cl);
        a.jmp(keyboard);
        code.Place(ref port);
        a.mov(al, cl);
        a.@out(dx, al);
        code.Place(ref keyboard);
        a.mov(al, PulseReset);
        a.@out(Ports.KeyboardController, al);
        code.Remark("A VMM may take a moment to act: wait a little before the last resort.");
        a.mov(ecx, 10_000);
        code.Place(ref wait);
        a.pause();
        a.dec(ecx);
        a.jne(wait);
        code.Remark("No interrupt table: the fault faults, and so does its double fault; the processor gives up.");
        code.Place(ref _tripleFault);
        a.cli();
        a.lidt(__[_emptyTable]);
        a.ud2();
    }
}
