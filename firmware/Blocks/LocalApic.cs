using Iced.Intel;
using Vmm.Firmware.Assembly;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Blocks;

/// <summary>The local APIC by its memory-mapped registers (Intel SDM 3A, 11.4).</summary>
internal static class LocalApic
{
    /// <summary>Where its registers are after a reset.</summary>
    public const uint Base = 0xFEE0_0000;

    private const int Id = 0x20;
    private const int EndOfInterrupt = 0xB0;
    private const int SpuriousInterrupt = 0xF0;
    private const int CommandLow = 0x300;
    private const int TimerEntry = 0x320;
    private const int TimerInitialCount = 0x380;
    private const int TimerDivide = 0x3E0;

    /// <summary>APIC software enable (SDM 3A, 11.9).</summary>
    private const uint Enabled = 1 << 8;

    /// <summary>Local vector table: the timer starts anew by itself.</summary>
    private const uint Periodic = 1 << 17;

    /// <summary>Divide configuration: by 1.</summary>
    private const uint DivideByOne = 0b1011;

    // Interrupt command (SDM 3A, 11.6.1): delivery mode, level, and everybody but me.
    private const uint DeliverInit = 0b101 << 8;
    private const uint DeliverStartUp = 0b110 << 8;
    private const uint LevelAssert = 1 << 14;
    private const uint AllExcludingSelf = 0b11 << 18;
    private const uint DeliveryPending = 1 << 12;

    /// <summary>Timer counts in a second: KVM's and QEMU's local APIC both count at 1 GHz.</summary>
    public const uint TimerFrequency = 1_000_000_000;

    /// <summary>Code that enables the local APIC. Changes RDX.</summary>
    public static void Enable(CodeSection code)
    {
        Assembler a = code.Asm;
        code.Remark("Enable the local APIC.");
        a.mov(edx, Base);
        a.mov(__dword_ptr[rdx + SpuriousInterrupt], Enabled | Interrupts.SpuriousVector);
    }

    /// <summary>Code that starts the periodic timer; EAX = nanoseconds between two interrupts. Changes RDX.</summary>
    public static void StartTimer(CodeSection code)
    {
        Assembler a = code.Asm;
        code.Remark("Start the timer: one interrupt each EAX nanoseconds.");
        a.mov(edx, Base);
        a.mov(__dword_ptr[rdx + TimerDivide], DivideByOne);
        a.mov(__dword_ptr[rdx + TimerEntry], Periodic | Interrupts.TimerVector);
        a.mov(__dword_ptr[rdx + TimerInitialCount], eax);
    }

    /// <summary>Code that acknowledges the interrupt in service. Changes RAX.</summary>
    public static void Acknowledge(CodeSection code)
    {
        Assembler a = code.Asm;
        a.mov(eax, Base);
        a.mov(__dword_ptr[rax + EndOfInterrupt], 0);
    }

    /// <summary>Code that brings this vCPU's APIC ID to bits 31:24 of EAX.</summary>
    public static void ReadId(CodeSection code)
    {
        Assembler a = code.Asm;
        a.mov(eax, Base);
        a.mov(eax, __dword_ptr[rax + Id]);
        a.and(eax, 0xFF00_0000);
    }

    /// <summary>Code that sends INIT and then start-up with a page's number to every other vCPU. Changes RDX.</summary>
    public static void StartOthers(CodeSection code, uint page)
    {
        Assembler a = code.Asm;
        code.Remark("INIT to all other vCPUs, then a start-up IPI with the number of the page they begin at.");
        a.mov(edx, Base);
        Send(code, "init_sent", DeliverInit | LevelAssert | AllExcludingSelf);
        Send(code, "start_sent", DeliverStartUp | LevelAssert | AllExcludingSelf | page >> 12);
    }

    private static void Send(CodeSection code, string name, uint command)
    {
        Assembler a = code.Asm;
        Label wait = code.NewLabel(name);
        a.mov(__dword_ptr[rdx + CommandLow], command);
        code.Place(ref wait);
        a.pause();
        a.test(__dword_ptr[rdx + CommandLow], DeliveryPending);
        a.jne(wait);
    }
}
