using System.Text;
using Iced.Intel;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Machine.Exits;

/// <summary>Registers and disassembly of a vCPU that cannot go on.</summary>
/// <param name="memory">The guest's RAM, where its code is read from.</param>
internal sealed unsafe class CrashReporter(GuestMemory memory) : ICrashReporter
{
    private const int InstructionsShown = 5;
    private const int LongestInstruction = 15;

    /// <inheritdoc/>
    public string Describe(IVcpu vcpu, string what)
    {
        StringBuilder report = new();
        report.Append($"vCPU {vcpu.Number}: {what}\n");
        if (vcpu is not KvmVcpu kvm)
            return report.ToString();
        try
        {
            kvm_regs registers = kvm.GetRegisters();
            kvm_sregs special = kvm.GetSpecialRegisters();
            AppendRegisters(report, registers, special);
            AppendCode(report, kvm, registers, special);
        }
        catch (HostException refused)
        {
            report.Append($"  registers cannot be read: {refused.Message}\n");
        }
        return report.ToString();
    }

    private static void AppendRegisters(StringBuilder report, in kvm_regs r, in kvm_sregs s)
    {
        report.Append($"  rax {r.rax:x16}  rbx {r.rbx:x16}  rcx {r.rcx:x16}  rdx {r.rdx:x16}\n");
        report.Append($"  rsi {r.rsi:x16}  rdi {r.rdi:x16}  rbp {r.rbp:x16}  rsp {r.rsp:x16}\n");
        report.Append($"  r8  {r.r8:x16}  r9  {r.r9:x16}  r10 {r.r10:x16}  r11 {r.r11:x16}\n");
        report.Append($"  r12 {r.r12:x16}  r13 {r.r13:x16}  r14 {r.r14:x16}  r15 {r.r15:x16}\n");
        report.Append($"  rip {r.rip:x16}  rflags {r.rflags:x8}\n");
        report.Append($"  cr0 {s.cr0:x8}  cr2 {s.cr2:x16}  cr3 {s.cr3:x16}  cr4 {s.cr4:x8}  efer {s.efer:x}\n");
        report.Append($"  cs {s.cs.selector:x4} base {s.cs.@base:x} ({Mode(s)})  ss {s.ss.selector:x4}  ds {s.ds.selector:x4}  tr {s.tr.selector:x4}\n");
        report.Append($"  gdt {s.gdt.@base:x16}:{s.gdt.limit:x4}  idt {s.idt.@base:x16}:{s.idt.limit:x4}\n");
    }

    private void AppendCode(StringBuilder report, KvmVcpu vcpu, in kvm_regs registers, in kvm_sregs special)
    {
        ulong linear = special.cs.l != 0 ? registers.rip : special.cs.@base + registers.rip;
        byte[] code = new byte[InstructionsShown * LongestInstruction];
        int length = ReadCode(vcpu, linear, code);
        if (length == 0)
        {
            report.Append($"  code at {linear:x} is not in mapped RAM\n");
            return;
        }
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(Bitness(special), new ByteArrayCodeReader(code, 0, length), registers.rip);
        NasmFormatter formatter = new();
        StringOutput text = new();
        for (int i = 0; i < InstructionsShown; i++)
        {
            Instruction instruction = decoder.Decode();
            if (decoder.LastError == DecoderError.NoMoreBytes)
                break;
            formatter.Format(instruction, text);
            string bytes = Convert.ToHexStringLower(code.AsSpan((int)(instruction.IP - registers.rip), instruction.Length));
            report.Append($"  {(i == 0 ? "=>" : "  ")} {instruction.IP:x}  {bytes,-30}  {text.ToStringAndReset()}\n");
        }
    }

    /// <summary>Copies code from a linear address, page by page, as far as it is mapped to RAM.</summary>
    private int ReadCode(KvmVcpu vcpu, ulong linear, Span<byte> code)
    {
        int done = 0;
        while (done < code.Length && vcpu.TryTranslate(linear + (ulong)done, out GuestAddress physical))
        {
            int run = (int)Math.Min((ulong)(code.Length - done), MemoryLayout.PageSize - physical.Value % MemoryLayout.PageSize);
            if (!memory.TryRead(physical, code.Slice(done, run)))
                break;
            done += run;
        }
        return done;
    }

    private static int Bitness(in kvm_sregs special) => special.cs.l != 0 ? 64 : special.cs.db != 0 ? 32 : 16;

    private static string Mode(in kvm_sregs special)
    {
        const ulong protectionEnable = 1;
        return (special.cr0 & protectionEnable) == 0 ? "real mode" : $"{Bitness(special)}-bit protected mode, CPL {special.ss.dpl}";
    }
}
