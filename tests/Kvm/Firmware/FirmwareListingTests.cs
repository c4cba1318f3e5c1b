using Iced.Intel;
using Vmm.Firmware.Assembly;
using Vmm.Firmware.Listing;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Listings: complete, faithful to the bytes, with names.</summary>
[Trait("Needs", "nothing")]
public sealed class FirmwareListingTests
{
    /// <summary>
    /// What KVM's instruction emulator executes at CPL 0 where there is no VT-x or SVM. Everything but the probe keeps
    /// to it, so that tiny guests run everywhere.
    /// </summary>
    private static readonly HashSet<Mnemonic> s_runsEverywhere =
    [
        Mnemonic.Add, Mnemonic.And, Mnemonic.Bt, Mnemonic.Call, Mnemonic.Cld, Mnemonic.Cli, Mnemonic.Cmp, Mnemonic.Cpuid,
        Mnemonic.Dec, Mnemonic.Div, Mnemonic.Hlt, Mnemonic.Imul, Mnemonic.In, Mnemonic.Inc, Mnemonic.Iretq, Mnemonic.Ja,
        Mnemonic.Jae, Mnemonic.Jb, Mnemonic.Jbe, Mnemonic.Je, Mnemonic.Jg, Mnemonic.Jmp, Mnemonic.Jne, Mnemonic.Js,
        Mnemonic.Lea, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Lodsb, Mnemonic.Ltr, Mnemonic.Mov, Mnemonic.Movsb, Mnemonic.Movsd,
        Mnemonic.Movzx, Mnemonic.Nop, Mnemonic.Or, Mnemonic.Out, Mnemonic.Pause, Mnemonic.Pop, Mnemonic.Popfq, Mnemonic.Push,
        Mnemonic.Pushfq, Mnemonic.Rdmsr, Mnemonic.Rdtsc, Mnemonic.Ret, Mnemonic.Scasb, Mnemonic.Shl, Mnemonic.Shr,
        Mnemonic.Sti, Mnemonic.Stosb, Mnemonic.Stosq, Mnemonic.Sub, Mnemonic.Test, Mnemonic.Wrmsr, Mnemonic.Xadd, Mnemonic.Xor,
        // Raises invalid opcode, which is why it is there.
        Mnemonic.Ud2,
        // Measured by "exits" when it is asked for, and found out so whether it runs.
        Mnemonic.Vmcall,
    ];

    public static TheoryData<string> Names => GuestNames.All;

    [Theory]
    [MemberData(nameof(Names))]
    public void Instructions_of_a_listing_are_the_bytes_of_its_code(string name)
    {
        GuestImage image = GuestNames.Guest(name).Build();
        List<DisassemblyLine> lines = [.. GuestNames.Guest(name).Disassemble()];

        foreach (ImageSection section in image.Sections.Where(s => s.Kind != SectionKind.Data))
        {
            IEnumerable<DisassemblyLine> inside = lines.Where(line =>
                line.Kind == DisassemblyLineKind.Instruction && line.Address >= section.RunAddress
                && line.Address < section.RunAddress + (ulong)section.Bytes.Length);
            Assert.Equal(section.Bytes.ToArray(), inside.SelectMany(line => line.Bytes.ToArray()).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_byte_of_code_is_an_instruction_in_every_syntax(string name)
    {
        foreach (AssemblySyntax syntax in Enum.GetValues<AssemblySyntax>())
        {
            Assert.All(
                GuestNames.Guest(name).Disassemble(syntax).Where(line => line.Kind == DisassemblyLineKind.Instruction),
                line => Assert.DoesNotContain("(bad)", line.Text));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Marks_stand_at_the_start_of_an_instruction(string name)
    {
        GuestImage image = GuestNames.Guest(name).Build(withMarks: true);
        HashSet<ulong> starts = [.. GuestNames.Guest(name).Disassemble()
            .Where(line => line.Kind == DisassemblyLineKind.Instruction).Select(line => line.Address)];

        foreach (ImageSection section in image.Sections.Where(s => s.Kind != SectionKind.Data))
            Assert.All(section.Marks, mark => Assert.Contains(mark.Address, starts));
    }

    [Fact]
    public void Operands_carry_the_names_of_labels_and_texts()
    {
        List<string> texts = [.. GuestNames.Guest("hello").Disassemble().Select(line => line.Text)];

        Assert.Contains("call print", texts);
        Assert.Contains("mov esi, text_hello_from_a_ti", texts);
        Assert.Contains("text_hello_from_a_ti", texts);
        Assert.Contains("\"Hello from a tiny guest.\\r\\n\", 0", texts);
    }

    [Theory]
    [InlineData(AssemblySyntax.Nasm, "cmp byte [rdx+0xf], 2")]
    [InlineData(AssemblySyntax.Intel, "cmp byte ptr [rdx+0xf], 2")]
    [InlineData(AssemblySyntax.Gas, "cmpb $2, 0xf(%rdx)")]
    public void Each_syntax_writes_the_same_instruction_its_own_way(AssemblySyntax syntax, string expected) =>
        Assert.Contains(GuestNames.Guest("hello").Disassemble(syntax), line => line.Text == expected);

    [Fact]
    public void Sections_tell_where_code_runs_when_it_was_loaded_elsewhere() =>
        Assert.Contains(
            GuestNames.Guest("modes").Disassemble(),
            line => line.Kind == DisassemblyLineKind.Section && line.Address == 0x8000
                && line.Text.StartsWith("real: 16-bit code", StringComparison.Ordinal)
                && line.Text.EndsWith("loaded at 0x100800", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Guest_uses_only_instructions_that_run_on_every_kvm(string name)
    {
        Assert.SkipWhen(name == "probe", "the probe is there to find out which other instructions run");
        foreach (ImageSection section in GuestNames.Guest(name).Build().Sections.Where(s => s.Kind != SectionKind.Data))
        {
            var decoder = Decoder.Create((int)section.Kind, section.Bytes.ToArray());
            while (decoder.IP < (ulong)section.Bytes.Length)
            {
                Mnemonic mnemonic = decoder.Decode().Mnemonic;
                Assert.True(s_runsEverywhere.Contains(mnemonic), $"{name} uses {mnemonic}");
            }
        }
    }
}
