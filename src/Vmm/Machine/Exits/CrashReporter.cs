using System.Text;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Inspect.Crash;
using Vmm.Inspect.Views;
using Vmm.Kvm;
using Vmm.Kvm.State;

namespace Vmm.Machine.Exits;

/// <summary>What is to be told of a vCPU that cannot go on: registers, its instruction, how its code is mapped, and what it most likely died of.</summary>
/// <param name="memory">The guest's RAM, where its code and its tables are read from.</param>
internal sealed class CrashReporter(GuestMemory memory) : ICrashReporter
{
    private const int InstructionsShown = 5;

    /// <inheritdoc/>
    public string Describe(IVcpu vcpu, OutcomeKind kind, string what)
    {
        StringBuilder report = new();
        report.Append($"vCPU {vcpu.Number}: {what}\n");
        if (vcpu is not KvmVcpu kvm)
            return report.ToString();
        try
        {
            // No more than is told: a machine without interrupt controllers crashes, too.
            GeneralRegisters general = VcpuSaver.General(kvm.GetRegisters());
            SystemRegisters system = VcpuSaver.System(kvm.GetSpecialRegisters());
            bool Read(ulong address, Span<byte> destination) => memory.TryRead(new GuestAddress(address), destination);
            CrashScene scene = new(kind, general, system, LinearMemory.Of(system, CpuidRecords.Of(kvm), Read), Read, HostProcessor.HasVirtualization);
            Append(report, scene);
        }
        catch (HostException refused)
        {
            report.Append($"  registers cannot be read: {refused.Message}\n");
        }
        return report.ToString();
    }

    /// <summary>The report on a vCPU whose state was read.</summary>
    public static void Append(StringBuilder report, CrashScene scene)
    {
        if (CrashCause.Deduce(scene) is { } cause)
            report.Append($"  cause: {cause}\n");
        AppendRegisters(report, scene.General, scene.System);
        AppendCode(report, scene);
        AppendWalk(report, scene.Memory.Walk(scene.CodeAddress));
    }

    private static void AppendRegisters(StringBuilder report, GeneralRegisters r, SystemRegisters s)
    {
        report.Append($"  rax {r.Rax:x16}  rbx {r.Rbx:x16}  rcx {r.Rcx:x16}  rdx {r.Rdx:x16}\n");
        report.Append($"  rsi {r.Rsi:x16}  rdi {r.Rdi:x16}  rbp {r.Rbp:x16}  rsp {r.Rsp:x16}\n");
        report.Append($"  r8  {r.R8:x16}  r9  {r.R9:x16}  r10 {r.R10:x16}  r11 {r.R11:x16}\n");
        report.Append($"  r12 {r.R12:x16}  r13 {r.R13:x16}  r14 {r.R14:x16}  r15 {r.R15:x16}\n");
        report.Append($"  rip {r.Rip:x16}  rflags {r.Rflags:x8}{Bits(RegisterBits.Rflags(r.Rflags))}\n");
        report.Append($"  cr0 {s.Cr0:x8}{Bits(RegisterBits.Cr0(s.Cr0))}  cr2 {s.Cr2:x16}  cr3 {s.Cr3:x16}\n");
        report.Append($"  cr4 {s.Cr4:x8}{Bits(RegisterBits.Cr4(s.Cr4))}  efer {s.Efer:x}{Bits(RegisterBits.Efer(s.Efer))}\n");
        report.Append($"  cs {s.Cs.Selector:x4} base {s.Cs.Base:x} ({ProcessorMode.Describe(r, s)}, CPL {ProcessorMode.PrivilegeLevel(r, s)})  ss {s.Ss.Selector:x4}  ds {s.Ds.Selector:x4}  tr {s.Tr.Selector:x4}\n");
        report.Append($"  gdt {s.Gdt.Base:x16}:{s.Gdt.Limit:x4}  idt {s.Idt.Base:x16}:{s.Idt.Limit:x4}\n");
    }

    private static string Bits(IReadOnlyList<string> names) => names.Count == 0 ? "" : $" ({string.Join(' ', names)})";

    private static void AppendCode(StringBuilder report, CrashScene scene)
    {
        IReadOnlyList<CodeLine> lines = CodeListing.Read(scene.Memory, scene.CodeAddress, scene.General.Rip, scene.CodeBits, InstructionsShown);
        if (lines.Count == 0)
            report.Append($"  code at {scene.CodeAddress:x} is not in mapped RAM\n");
        foreach (CodeLine line in lines)
            report.Append($"  {(line == lines[0] ? "=>" : "  ")} {line.Address:x}  {Convert.ToHexStringLower(line.Bytes),-30}  {line.Text}\n");
    }

    private static void AppendWalk(StringBuilder report, PageWalkResult walk)
    {
        report.Append($"  page walk of {walk.Linear:x}: {WalkText.Mode(walk.Mode)}\n");
        foreach (PageWalkStep step in walk.Steps)
            report.Append($"    {step.Level,-4} entry {step.Index,3} at {step.Address:x}: {step.Value:x16} {string.Join(' ', step.Flags)}\n");
        report.Append($"    {WalkText.Fault(walk) ?? $"physical {walk.Physical:x}"}\n");
    }
}
