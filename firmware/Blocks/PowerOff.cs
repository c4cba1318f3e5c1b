using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// Powers the machine off as an operating system does: the FADT names the sleep register, the DSDT's _S5 object the value
/// that means "off" (ACPI 6.5, 4.8.3.7, 5.2.9, 7.4.2.6). Without ACPI tables it ends by the debug exit port with 0.
/// </summary>
internal sealed class PowerOff : IRoutine
{
    // Fields of the FADT (ACPI 6.5, 5.2.9).
    private const int FadtDsdt = 40;
    private const int FadtPm1aControl = 64;
    private const int FadtFlags = 112;
    private const int FadtXDsdt = 140;
    private const int FadtSleepControlSpace = 244;
    private const int FadtSleepControl = 248;

    /// <summary>HW_REDUCED_ACPI: there is no PM1 block, but a sleep control register.</summary>
    private const uint FlagHardwareReduced = 1 << 20;

    /// <summary>Generic address: the register lies in I/O space.</summary>
    private const byte SpaceIo = 1;

    // Sleep control register (one byte): the type in bits 4:2, go in bit 5. PM1 control (two bytes): 12:10 and 13.
    private const byte SleepTypeShift = 2;
    private const byte SleepEnable = 1 << 5;
    private const byte Pm1TypeShift = 10;
    private const uint Pm1SleepEnable = 1 << 13;

    // AML (ACPI 6.5, 20.2): _S5_ is followed by PackageOp, length, number of elements, first element.
    private const int HeaderSize = 36;
    private const byte AmlBytePrefix = 0x0A;
    private const int FirstElement = 4 + 3;

    private readonly GuestProgram _program;
    private readonly AcpiTables _acpi;
    private Label _powerOff;
    private Label _sleepType;

    private PowerOff(GuestProgram program)
    {
        _program = program;
        _acpi = AcpiTables.Of(program);
        _powerOff = program.Main.NewLabel("power_off");
        _sleepType = program.Main.NewLabel("sleep_type");
    }

    /// <summary>Jump here to power off; it does not come back.</summary>
    public Label Go => _powerOff;

    public static PowerOff Of(GuestProgram program) => program.Use(static p => new PowerOff(p));

    /// <inheritdoc/>
    public void Write()
    {
        WritePowerOff();
        WriteSleepType();
    }

    private void WritePowerOff()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label fixedHardware = code.NewLabel("off_pm1");
        Label port = code.NewLabel("off_port");
        Label wait = code.NewLabel("off_wait");
        Label none = code.NewLabel("off_none");

        code.Place(ref _powerOff);
        a.cli();
        a.mov(eax, AcpiTables.Signature("FACP"));
        a.call(_acpi.Find);
        a.test(rax, rax);
        a.je(none);
        a.mov(rbx, rax);
        a.call(_sleepType);
        a.test(__dword_ptr[rbx + FadtFlags], FlagHardwareReduced);
        a.je(fixedHardware);
        code.Remark("Hardware-reduced ACPI: one byte to the sleep control register, in memory or at a port.");
        a.shl(eax, SleepTypeShift);
        a.or(eax, SleepEnable);
        a.mov(rdx, __qword_ptr[rbx + FadtSleepControl]);
        a.cmp(__byte_ptr[rbx + FadtSleepControlSpace], SpaceIo);
        a.je(port);
        a.mov(__byte_ptr[rdx], al);
        a.jmp(wait);
        code.Place(ref port);
        a.@out(dx, al);
        a.jmp(wait);
        code.Remark("A PC's fixed hardware: two bytes to the PM1a control register.");
        code.Place(ref fixedHardware);
        a.shl(eax, Pm1TypeShift);
        a.or(eax, Pm1SleepEnable);
        a.mov(edx, __dword_ptr[rbx + FadtPm1aControl]);
        a.@out(dx, ax);
        code.Remark("Off at the next moment: a VMM may take a while to act on it.");
        code.Place(ref wait);
        a.hlt();
        a.jmp(wait);
        code.Place(ref none);
        Ending.DebugExit(code, Ending.Success);
    }

    /// <summary>sleep_type: RBX = FADT; EAX = the type of S5, 0 when the DSDT does not say.</summary>
    private void WriteSleepType()
    {
        CodeSection code = _program.Main;
        Assembler a = code.Asm;
        Label old = code.NewLabel("sleep_dsdt");
        Label next = code.NewLabel("sleep_next");
        Label plain = code.NewLabel("sleep_plain");
        Label none = code.NewLabel("sleep_none");

        code.Place(ref _sleepType);
        a.mov(edi, __dword_ptr[rbx + FadtDsdt]);
        a.test(edi, edi);
        a.jne(old);
        a.mov(rdi, __qword_ptr[rbx + FadtXDsdt]);
        code.Place(ref old);
        a.mov(ecx, __dword_ptr[rdi + AcpiTables.Length]);
        a.sub(ecx, HeaderSize + FirstElement + 2);
        a.add(rdi, HeaderSize);
        code.Remark("Search the AML for the name _S5_: from underscore to underscore.");
        code.Place(ref next);
        a.mov(al, (byte)'_');
        a.repne.scasb();
        a.jne(none);
        a.cmp(__dword_ptr[rdi - 1], AcpiTables.Signature("_S5_"));
        a.jne(next);
        a.movzx(eax, __byte_ptr[rdi - 1 + FirstElement]);
        a.cmp(al, AmlBytePrefix);
        a.jne(plain);
        a.movzx(eax, __byte_ptr[rdi - 1 + FirstElement + 1]);
        code.Place(ref plain);
        a.ret();
        code.Place(ref none);
        a.xor(eax, eax);
        a.ret();
    }
}
