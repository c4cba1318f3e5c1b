using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Monitor;

/// <summary>The monitor's command that measures exits: the same loop around four instructions.</summary>
internal sealed class MonitorExits(GuestProgram program)
{
    private const int DefaultCount = 1000;

    private readonly CodeSection _code = program.Main;
    private readonly SerialLine _serial = SerialLine.Of(program);

    public void Write()
    {
        Assembler a = _code.Asm;
        Label given = _code.NewLabel("exits_given");
        a.call(ParseNumber.Of(program).Parse);
        a.test(rax, rax);
        a.jne(given);
        a.mov(eax, DefaultCount);
        _code.Place(ref given);
        MeasuredLoop.TakeCount(_code);
        _serial.PrintText("TSC cycles each, over ");
        a.mov(rax, rbx);
        a.call(Numbers.Of(program).Decimal);
        _serial.PrintText(":\r\n");
        Measure("loop", "  the loop by itself          ", () => a.nop());
        Measure("cpuid", "  CPUID, answered by KVM      ", Cpuid);
        Measure("port", "  port read, to the VMM       ", () => a.@in(al, Ports.Post));
        a.mov(ebp, MmioLoopGuest.EmptyAddress);
        Measure("memory", "  device memory, to the VMM   ", () => a.mov(eax, __dword_ptr[rbp]));
        a.ret();

        void Cpuid()
        {
            a.push(rbx);
            a.xor(eax, eax);
            a.cpuid();
            a.pop(rbx);
        }
    }

    private void Measure(string name, string title, Action instruction)
    {
        MeasuredLoop.Write(_code, $"exits_{name}", instruction);
        _serial.PrintText(title);
        MeasuredLoop.Average(_code);
        _code.Asm.call(Numbers.Of(program).Decimal);
        _serial.PrintText("\r\n");
    }
}
