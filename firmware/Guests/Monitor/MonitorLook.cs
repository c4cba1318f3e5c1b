using System.Text;
using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Blocks;
using static Iced.Intel.AssemblerRegisters;

namespace Vmm.Firmware.Guests.Monitor;

/// <summary>The monitor's commands that only look: registers, CPUID, memory, ticks.</summary>
internal sealed class MonitorLook(GuestProgram program)
{
    private const uint MSR_EFER = 0xC000_0080;

    // CPUID leaves (Intel SDM 2A; Linux, Documentation/virt/kvm/x86/cpuid.rst for the hypervisor's).
    private const uint HypervisorLeaf = 0x4000_0000;
    private const uint ExtendedLeaf = 0x8000_0000;
    private const uint FirstBrandLeaf = 0x8000_0002;
    private const uint LastBrandLeaf = 0x8000_0004;

    private const int DefaultLength = 64;
    private const int BytesPerLine = 16;

    private static readonly (int, string)[] s_flags = [(0, "CF"), (6, "ZF"), (9, "IF"), (10, "DF")];
    private static readonly (int, string)[] s_cr0 =
        [(31, "PG"), (30, "CD"), (29, "NW"), (18, "AM"), (16, "WP"), (5, "NE"), (4, "ET"), (3, "TS"), (2, "EM"), (1, "MP"), (0, "PE")];
    private static readonly (int, string)[] s_cr4 =
        [(21, "SMAP"), (20, "SMEP"), (18, "OSXSAVE"), (16, "FSGSBASE"), (10, "OSXMMEXCPT"), (9, "OSFXSR"), (7, "PGE"), (6, "MCE"), (5, "PAE"), (4, "PSE")];
    private static readonly (int, string)[] s_efer = [(11, "NXE"), (10, "LMA"), (8, "LME"), (0, "SCE")];

    private readonly CodeSection _code = program.Main;
    private readonly SerialLine _serial = SerialLine.Of(program);
    private readonly Numbers _numbers = Numbers.Of(program);
    private readonly ParseNumber _number = ParseNumber.Of(program);
    private readonly Words _words = Words.Of(program);

    public void Registers()
    {
        Assembler a = _code.Asm;
        Label row = _code.NewLabel("print_register");
        Row("rsp     ", () => a.mov(rbx, rsp), []);
        Row("rflags  ", () => { a.pushfq(); a.pop(rbx); }, s_flags);
        Row("cr0     ", () => a.mov(rbx, cr0), s_cr0);
        Row("cr2     ", () => a.mov(rbx, cr2), []);
        Row("cr3     ", () => a.mov(rbx, cr3), []);
        Row("cr4     ", () => a.mov(rbx, cr4), s_cr4);
        Row("efer    ", () => { a.mov(ecx, MSR_EFER); a.rdmsr(); a.mov(ebx, eax); }, s_efer);
        Row("tsc     ", () => { TimeStamp.Read(a); a.mov(rbx, rax); }, []);
        a.ret();
        WriteRow(row);

        void Row(string title, Action load, (int, string)[] bits)
        {
            load();
            a.mov(esi, program.Data.Text(title));
            a.mov(edi, program.Data.Text(BitTable(bits)));
            a.call(row);
        }
    }

    public void Cpuid()
    {
        Assembler a = _code.Asm;
        Label summary = _code.NewLabel("cpuid_summary");
        a.test(al, al);
        a.je(summary);
        a.call(_number.Parse);
        a.mov(ebx, eax);
        a.call(_words.SkipSpaces);
        a.call(_number.Parse);
        a.mov(ecx, eax);
        a.mov(eax, ebx);
        a.cpuid();
        _code.Remark("Keep the four registers on the stack, EAX on top.");
        foreach (AssemblerRegister64 register in (ReadOnlySpan<AssemblerRegister64>)[rdx, rcx, rbx, rax])
            a.push(register);
        foreach (string name in (ReadOnlySpan<string>)["eax ", "  ebx ", "  ecx ", "  edx "])
        {
            _serial.PrintText(name);
            a.pop(rax);
            a.mov(ecx, 8);
            a.call(_numbers.PrefixedHex);
        }
        _serial.PrintText("\r\n");
        a.ret();
        _code.Place(ref summary);
        CpuidSummary();
    }

    public void Memory()
    {
        Assembler a = _code.Asm;
        Label given = _code.NewLabel("memory_given");
        Label line = _code.NewLabel("memory_line");
        Label narrow = _code.NewLabel("memory_narrow");
        Label hex = _code.NewLabel("memory_hex");
        Label text = _code.NewLabel("memory_text");
        Label dot = _code.NewLabel("memory_dot");
        Label put = _code.NewLabel("memory_put");
        a.call(_number.Parse);
        a.mov(rbp, rax);
        a.call(_words.SkipSpaces);
        a.call(_number.Parse);
        a.test(rax, rax);
        a.jne(given);
        a.mov(eax, DefaultLength);
        _code.Place(ref given);
        a.mov(r8, rax);
        _code.Remark("A line: RBP = its address, RBX = the byte in it, R8 = bytes to go.");
        _code.Place(ref line);
        a.mov(rax, rbp);
        a.mov(ecx, 8);
        a.mov(rdx, rax);
        a.shr(rdx, 32);
        a.je(narrow);
        a.mov(ecx, 16);
        _code.Place(ref narrow);
        a.call(_numbers.PrefixedHex);
        _serial.PrintText(" ");
        a.xor(ebx, ebx);
        _code.Place(ref hex);
        _serial.PrintText(" ");
        a.movzx(eax, __byte_ptr[rbp + rbx]);
        a.mov(ecx, 2);
        a.call(_numbers.Hex);
        a.inc(ebx);
        a.cmp(ebx, BytesPerLine);
        a.jb(hex);
        _serial.PrintText("  ");
        a.xor(ebx, ebx);
        _code.Place(ref text);
        a.mov(al, __byte_ptr[rbp + rbx]);
        a.cmp(al, (byte)' ');
        a.jb(dot);
        a.cmp(al, (byte)'~');
        a.jbe(put);
        _code.Place(ref dot);
        a.mov(al, (byte)'.');
        _code.Place(ref put);
        a.call(_serial.PutByte);
        a.inc(ebx);
        a.cmp(ebx, BytesPerLine);
        a.jb(text);
        _serial.PrintText("\r\n");
        a.add(rbp, BytesPerLine);
        a.sub(r8, BytesPerLine);
        a.jg(line);
        a.ret();
    }

    public void Ticks()
    {
        Assembler a = _code.Asm;
        a.mov(rbx, __qword_ptr[Ticker.Of(program).Count]);
        a.mov(rax, rbx);
        a.call(_numbers.Decimal);
        _serial.PrintText(" ticks, ");
        a.mov(rax, rbx);
        a.xor(edx, edx);
        a.mov(ecx, MonitorGuest.TicksPerSecond);
        a.div(rcx);
        a.push(rdx);
        a.call(_numbers.Decimal);
        _serial.PrintText(".");
        a.pop(rax);
        a.call(_numbers.Decimal);
        _serial.PrintText(" seconds\r\n");
        a.ret();
    }

    /// <summary>Pairs of a bit's number, from 1, and its name; the list ends with a zero like any text.</summary>
    private static string BitTable((int Bit, string Name)[] bits)
    {
        var table = new StringBuilder();
        foreach ((int bit, string name) in bits)
            table.Append((char)(bit + 1)).Append(name).Append('\0');
        return table.ToString();
    }

    /// <summary>print_register: RSI = title, RBX = value, RDI = names of its bits.</summary>
    private void WriteRow(Label row)
    {
        Assembler a = _code.Asm;
        Label bit = _code.NewLabel("register_bit");
        Label skip = _code.NewLabel("register_skip");
        Label done = _code.NewLabel("register_done");
        _code.Place(ref row);
        a.call(_serial.Print);
        a.mov(rax, rbx);
        a.mov(ecx, 16);
        a.call(_numbers.PrefixedHex);
        _code.Place(ref bit);
        a.movzx(eax, __byte_ptr[rdi]);
        a.inc(rdi);
        a.dec(eax);
        a.js(done);
        a.bt(rbx, rax);
        a.jae(skip);
        _serial.PrintText(" ");
        a.mov(rsi, rdi);
        a.call(_serial.Print);
        _code.Remark("Behind the name, printed or not, is the next pair.");
        _code.Place(ref skip);
        a.inc(rdi);
        a.cmp(__byte_ptr[rdi - 1], 0);
        a.jne(skip);
        a.jmp(bit);
        _code.Place(ref done);
        _serial.PrintText("\r\n");
        a.ret();
    }

    /// <summary>Vendor, hypervisor and brand: CPUID leaves that hold text in their registers.</summary>
    private void CpuidSummary()
    {
        Assembler a = _code.Asm;
        Label noBrand = _code.NewLabel("cpuid_no_brand");
        uint text = program.Data.Reserve("cpuid_text", 64);
        Vendor("vendor      ", 0);
        Store(ebx, edx, ecx);
        Vendor("hypervisor  ", HypervisorLeaf);
        Store(ebx, ecx, edx);
        a.mov(eax, ExtendedLeaf);
        a.cpuid();
        a.cmp(eax, LastBrandLeaf);
        a.jb(noBrand);
        _code.Remark("A VMM may leave the brand empty.");
        a.mov(eax, FirstBrandLeaf);
        a.cpuid();
        a.test(eax, eax);
        a.je(noBrand);
        _serial.PrintText("brand       ");
        a.mov(__dword_ptr[text + 16], 0);
        for (uint leaf = FirstBrandLeaf; leaf <= LastBrandLeaf; leaf++)
        {
            a.mov(eax, leaf);
            a.cpuid();
            a.mov(__dword_ptr[text + 12], edx);
            PrintStored([eax, ebx, ecx]);
        }
        _serial.PrintText("\r\n");
        _code.Place(ref noBrand);
        a.ret();

        void Vendor(string title, uint leaf)
        {
            _serial.PrintText(title);
            a.mov(eax, leaf);
            a.cpuid();
        }

        void Store(AssemblerRegister32 first, AssemblerRegister32 second, AssemblerRegister32 third)
        {
            a.mov(__dword_ptr[text + 12], 0);
            PrintStored([first, second, third]);
            _serial.PrintText("\r\n");
        }

        void PrintStored(ReadOnlySpan<AssemblerRegister32> registers)
        {
            for (int i = 0; i < registers.Length; i++)
                a.mov(__dword_ptr[text + 4 * i], registers[i]);
            a.mov(esi, text);
            a.call(_serial.Print);
        }
    }
}
