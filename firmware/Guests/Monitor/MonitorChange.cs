using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Monitor;

/// <summary>The monitor's commands that act: ports, faults, power.</summary>
internal sealed class MonitorChange(GuestProgram program)
{
    private readonly CodeSection _code = program.Main;
    private readonly SerialLine _serial = SerialLine.Of(program);
    private readonly Numbers _numbers = Numbers.Of(program);
    private readonly ParseNumber _number = ParseNumber.Of(program);
    private readonly Words _words = Words.Of(program);

    public void In()
    {
        Assembler a = _code.Asm;
        a.call(_number.Parse);
        a.mov(edx, eax);
        a.xor(eax, eax);
        a.@in(al, dx);
        a.mov(ecx, 2);
        a.call(_numbers.PrefixedHex);
        _serial.PrintText("\r\n");
        a.ret();
    }

    public void Out()
    {
        Assembler a = _code.Asm;
        a.call(_number.Parse);
        a.mov(ebx, eax);
        a.call(_words.SkipSpaces);
        a.call(_number.Parse);
        a.mov(edx, ebx);
        a.@out(dx, al);
        a.ret();
    }

    public void Fault() => _code.Asm.ud2();

    public void Triple() => _code.Asm.jmp(Reboot.Of(program).TripleFault);

    public void Restart() => _code.Asm.jmp(Reboot.Of(program).Go);

    public void Halt() => _code.Asm.jmp(PowerOff.Of(program).Go);
}
