using System.Text;
using Vmm.Inspect;
using Vmm.Inspect.Crash;
using Vmm.Kvm.State;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Xunit;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>What a crash is said to come from, for states that the tests make.</summary>
public sealed class CrashCauseTests
{
    private const ulong Idt = InspectRig.Code + 0x1000;
    private const ulong Gdt = InspectRig.Code + 0x1800;

    private readonly InspectRig _rig = new();

    public CrashCauseTests()
    {
        // A code segment, and gates for #UD, #DF, #GP and #PF that lead into the code page.
        _rig.Put(0x9810, 0x00af_9b00_0000_ffff);
        foreach (int vector in (int[])[6, 8, 13, 14])
            Gate(vector, InspectRig.Code + 0x100);
        _rig.Put(0x8000, 0x0f, 0x0b);
    }

    [Fact]
    public void No_IDT_is_told_with_the_exception_that_could_not_be_delivered()
    {
        System(s => s with { Idt = new(0, 0) });
        Assert.Equal("#UD (an instruction that is undefined on purpose), and there is no IDT: IDTR has the limit 0, so that any exception or interrupt ends in a triple fault", Cause());
    }

    [Fact]
    public void IDT_that_is_not_mapped_is_told_with_the_level()
    {
        System(s => s with { Idt = new(0xffff_ffff_8110_0000, 0xfff) });
        Assert.Equal("#UD (an instruction that is undefined on purpose), and the IDT's entry of #UD, at 0xffffffff81100060, cannot be read: its PT entry is not present; and the IDT's entry of #DF, at 0xffffffff81100080, cannot be read: its PT entry is not present", Cause());
    }

    [Fact]
    public void Entry_that_is_not_present_and_one_that_is_no_gate_are_told()
    {
        _rig.Put(0x9000 + 6 * 16, 0UL);
        Assert.Contains("and the IDT's entry of #UD is not present", Cause(), StringComparison.Ordinal);
        _rig.Put(0x9000 + 6 * 16, 0x8900_0010_0000);
        Assert.Contains("and the IDT's entry of #UD is no gate (type 9)", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_segment_behind_the_end_of_the_GDT_is_told()
    {
        System(s => s with { Gdt = new(Gdt, 0xf) });
        Assert.Contains("the handler of #UD cannot be entered: selector 0x10 lies behind the end of the GDT, whose limit is 0xf", Cause(), StringComparison.Ordinal);
        System(s => s with { Gdt = new(Gdt, 0x7f) });
        _rig.Put(0x9810, 0UL);
        Assert.Contains("descriptor 0x10 of the GDT is not present", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Handler_that_is_not_mapped_is_told()
    {
        Gate(6, 0x1234);
        Assert.Contains("the handler of #UD, at 0x1234, is not there: its PML4 entry is not present", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Stack_that_cannot_be_used_is_told()
    {
        General(g => g with { Rsp = 0xdead_b000 });
        Assert.Contains("the stack cannot be used at 0xdeadaff8: its PML4 entry is not present", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_is_not_mapped_is_a_page_fault()
    {
        General(g => g with { Rip = 0xffff_ffff_8100_7000 });
        System(s => s with { Idt = new(Idt, 0x7f) });
        Assert.StartsWith("#PF (code at RIP: its PT entry is not present), and the IDT ends before the entry of #PF: IDTR has the limit 0x7f", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Operand_that_is_not_mapped_is_a_page_fault()
    {
        // mov rax, [rbx], with rbx = 2
        _rig.Put(0x8000, 0x48, 0x8b, 0x03);
        Gate(14, 0x1234);
        Assert.StartsWith("#PF (its operand at 0x2: its PML4 entry is not present), and the handler of #PF, at 0x1234, is not there", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void State_of_a_reset_says_that_nothing_can_be_told()
    {
        General(g => g with { Rip = 0xfff0 });
        System(s => s with { Cr0 = 0x6000_0010, Efer = 0, Cs = s.Cs with { Selector = 0xf000, Base = 0xffff_0000 } });
        Assert.StartsWith("not to be told: on AMD processors", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_that_is_wrong_is_not_made_up()
    {
        Assert.StartsWith("#UD (an instruction that is undefined on purpose), and a fault in its handler: IDT, GDT and stack look usable; CR2 is 0x7f000000", Cause(), StringComparison.Ordinal);
    }

    [Fact]
    public void Emulation_of_a_device_access_names_instruction_and_place()
    {
        _rig.Put(0x4000 + 6 * 8, 0xd000_0000 | InspectRig.P | InspectRig.RW);
        General(g => g with { Rbx = 0xffff_ffff_8100_6000 });
        // movaps xmm0, [rbx]
        _rig.Put(0x8000, 0x0f, 0x28, 0x03);
        Assert.Equal("movaps reaches physical 0xd0000000, where there is no RAM: KVM emulates accesses to devices, and knows this form of SSE not: use plain moves there", Cause(OutcomeKind.InternalError));
    }

    [Fact]
    public void Code_in_a_hole_and_code_that_is_none_are_told()
    {
        _rig.Put(0x4000 + 6 * 8, 0xd000_0000 | InspectRig.P);
        General(g => g with { Rip = 0xffff_ffff_8100_6000 });
        Assert.StartsWith("the guest runs code at physical 0xd0000000, where there is no RAM", Cause(OutcomeKind.InternalError), StringComparison.Ordinal);
        General(g => g with { Rip = InspectRig.Code });
        _rig.Put(0x8000, 0x06);
        Assert.StartsWith("the bytes at RIP are no instruction", Cause(OutcomeKind.InternalError), StringComparison.Ordinal);
        _rig.Put(0x8000, 0x48, 0x0f, 0xc7, 0x0c, 0x24);
        Assert.StartsWith("this host's KVM emulates all code in kernel mode, and does not know cmpxchg16b", Cause(OutcomeKind.InternalError, canRunKernels: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x8000_0010UL, 0x20UL, 0UL, 2UL, "CR0 has PG without PE")]
    [InlineData(0x2000_0011UL, 0UL, 0UL, 2UL, "CR0 has NW without CD")]
    [InlineData(0x11UL, 0UL, 0x400UL, 2UL, "EFER.LMA is 1 where EFER.LME and CR0.PG make it 0")]
    [InlineData(0x8000_0011UL, 0UL, 0x500UL, 2UL, "long mode is on, and CR4.PAE is not")]
    [InlineData(0x11UL, 0UL, 0UL, 0UL, "RFLAGS has bit 1 clear")]
    [InlineData(0x10UL, 0UL, 0UL, 2UL, "the guest is in real mode")]
    public void Entry_that_was_refused_names_the_check_that_fails(ulong cr0, ulong cr4, ulong efer, ulong rflags, string cause)
    {
        General(g => g with { Rflags = rflags });
        System(s => s with { Cr0 = cr0, Cr4 = cr4, Efer = efer });
        Assert.StartsWith(cause, Cause(OutcomeKind.EntryFailure), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_has_cause_registers_instruction_and_page_walk()
    {
        StringBuilder report = new();
        CrashReporter.Append(report, Scene(OutcomeKind.TripleFault, canRunKernels: true));
        string text = report.ToString();
        Assert.StartsWith("  cause: #UD", text, StringComparison.Ordinal);
        Assert.Contains("  rip ffffffff81000000  rflags 00000246 (PF ZF IF)\n", text, StringComparison.Ordinal);
        Assert.Contains("  => ffffffff81000000  0f0b                            ud2\n", text, StringComparison.Ordinal);
        Assert.Contains("  page walk of ffffffff81000000: 4-level paging\n    PML4 entry 511 at 1ff8: 0000000000002003 P RW\n", text, StringComparison.Ordinal);
        Assert.EndsWith("    physical 8000\n", text, StringComparison.Ordinal);
    }

    private string? Cause(OutcomeKind kind = OutcomeKind.TripleFault, bool canRunKernels = true) => CrashCause.Deduce(Scene(kind, canRunKernels));

    private CrashScene Scene(OutcomeKind kind, bool canRunKernels) =>
        new(kind, _rig.Vcpu.General, _rig.Vcpu.System, LinearMemory.Of(_rig.Vcpu.System, _rig.Vcpu.Cpuid, _rig.Read), _rig.Read, canRunKernels);

    private void General(Func<GeneralRegisters, GeneralRegisters> change) => _rig.Vcpu = _rig.Vcpu with { General = change(_rig.Vcpu.General) };

    private void System(Func<SystemRegisters, SystemRegisters> change) => _rig.Vcpu = _rig.Vcpu with { System = change(_rig.Vcpu.System) };

    /// <summary>A present interrupt gate of 64 bits, at the IDT's place in memory.</summary>
    private void Gate(int vector, ulong handler)
    {
        ulong at = 0x9000 + (ulong)vector * 16;
        _rig.Put(at, (handler & 0xffff) | 0x10 << 16 | 0x8eUL << 40 | (handler >> 16 & 0xffff) << 48);
        _rig.Put(at + 8, handler >> 32);
    }
}
