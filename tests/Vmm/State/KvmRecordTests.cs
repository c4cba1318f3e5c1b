using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Devices.State;
using Vmm.Kvm.State;
using Vmm.Tests.Devices.State;
using Xunit;

namespace Vmm.Tests.Vmm.State;

/// <summary>The records of what KVM holds, without KVM: as text, from damaged text, and from every version that was written.</summary>
public sealed class KvmRecordTests
{
    private const int HostXsave = 4096;
    private const int Walks = 300;

    public static TheoryData<string> All => ["vcpu", "interrupt-controllers", "interval-timer", "clock", "cpu"];

    [Theory, MemberData(nameof(All))]
    public void Record_survives_its_text(string section)
    {
        string text = Sample(section);
        Assert.Equal(text, Reread(section, text));
    }

    /// <summary>Every format that was ever released stays readable: the files are never changed, only added to.</summary>
    [Theory, MemberData(nameof(All))]
    public void Version_1_can_be_read(string section)
    {
        string written = Golden(section);
        Assert.Equal(written, Reread(section, written));
    }

    /// <summary>Up to 0.1.0 a state had 256 entries, whatever there was.</summary>
    [Fact]
    public void Zeros_that_were_written_behind_a_CPUID_table_are_no_part_of_it()
    {
        CpuidRecord zero = new(0, 0, 0, 0, 0, 0, 0);
        CpuidRecord[] table = [new(0, 0, 0, 13, 1, 2, 3), zero with { Function = 1 }, new(0xd, 1, 1, 0, 0, 0, 0)];
        Assert.Equal(table, CpuidRecords.WithoutPadding([.. table, zero, zero]));
        Assert.Equal(table, CpuidRecords.WithoutPadding(table));
        Assert.Equal(3, CpuidRecords.ForKvm([.. table, zero]).Length);
    }

    [Theory, MemberData(nameof(All)), Trait("Row", "71"), Trait("Row", "72")]
    public void Record_with_fields_that_are_wrong_is_refused_in_one_line_or_is_a_legal_one(string section)
    {
        string legal = Golden(section);
        int refused = 0;
        foreach (string text in StateMutations.Each(legal))
            refused += IsTaken(section, text) ? 0 : 1;
        Assert.True(refused > 5, $"{refused} were refused");
        var random = new Random(section.Length * 7919 + section[0]);
        for (int i = 0; i < Walks; i++)
            IsTaken(section, StateMutations.Walk(legal, random));
    }

    [Theory]
    [Trait("Row", "72")]
    [InlineData("mp-state", "9")]
    [InlineData("lapic", "\"AAAA\"")]
    [InlineData("xsave", "\"\"")]
    [InlineData("xcr", "[null]")]
    [InlineData("msr", "[{\"index\":\"0x10\",\"value\":\"0x1\"},{\"index\":\"0x10\",\"value\":\"0x1\"}]")]
    [InlineData("cpuid", "[]")]
    [InlineData("cpuid", "[{\"function\":\"0x100000000\",\"index\":\"0x0\",\"flags\":\"0x0\",\"eax\":\"0x0\",\"ebx\":\"0x0\",\"ecx\":\"0x0\",\"edx\":\"0x0\"}]")]
    public void Field_that_no_vcpu_can_have_is_named(string field, string value)
    {
        var changed = System.Text.Json.Nodes.JsonNode.Parse(Sample("vcpu"))!;
        changed[field] = System.Text.Json.Nodes.JsonNode.Parse(value);
        StateException refused = Assert.Throws<StateException>(() => Reread("vcpu", changed.ToJsonString()));
        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registers_are_written_as_people_write_them()
    {
        string text = Sample("vcpu");
        Assert.Contains("\"rip\":\"0xffffffff81000000\"", text, StringComparison.Ordinal);
        Assert.Contains("{\"index\":\"0xc0000082\",\"value\":\"0xffffffff81e00080\"}", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0x0", 0)]
    [InlineData("0xFf", 255)]
    [InlineData("0x0000000000000010", 16)]
    [InlineData("0xffffffffffffffff", ulong.MaxValue)]
    public void Register_is_read_as_people_write_it(string text, ulong value)
    {
        Assert.Contains($"\"rip\":\"0x{value:x}\"", Reread("vcpu", WithRip(text)), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Row", "72")]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("10")]
    [InlineData("0xg")]
    [InlineData("0x1 ")]
    [InlineData(" 0x1")]
    [InlineData("0x-1")]
    [InlineData("0x+1")]
    [InlineData("0x10000000000000000")]
    [InlineData("0x1\u0000")]
    public void What_is_no_register_is_refused(string text)
    {
        StateException refused = Assert.Throws<StateException>(() => Reread("vcpu", WithRip(text)));
        Assert.Contains("0x1f", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_a_register_may_stand_in_any_order() =>
        Assert.Equal(Reread("vcpu", WithMsr("""[{"index":"0x174","value":"0x1"}]""")), Reread("vcpu", WithMsr("""[{"value":"0x1","ind\u0065x":"0x174"}]""")));

    [Theory]
    [Trait("Row", "72")]
    [InlineData("""[7]""", "$.msr[0]")]
    [InlineData("""[null]""", "null")]
    [InlineData("""[{"index":"0x174"}]""", "$.msr[0]: it has no 'value'")]
    [InlineData("""[{}]""", "it has no 'index'")]
    [InlineData("""[{"index":"0x174","value":"0x1","more":"0x1"}]""", "there is no field 'more' here")]
    [InlineData("""[{"index":"0x174","value":"0x1","\ud800":"0x1"}]""", "")]
    [InlineData("""[{"index":"0x174","index":"0x175","value":"0x1"}]""", "comes twice")]
    [InlineData("""[{"index":"0x174","value":{}}]""", "$.msr[0]: a register is written as \"0x1f\"")]
    [InlineData("""[{"index":"0x174","value":null}]""", "0x1f")]
    public void Register_that_is_not_whole_is_refused_for_what_it_lacks(string msr, string expected)
    {
        string message = Assert.Throws<StateException>(() => Reread("vcpu", WithMsr(msr))).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>As text: what is under test comes twice, or is escaped, on purpose.</summary>
    private static string WithMsr(string text)
    {
        var changed = System.Text.Json.Nodes.JsonNode.Parse(Sample("vcpu"))!;
        changed["msr"] = "here";
        return changed.ToJsonString().Replace("\"here\"", text, StringComparison.Ordinal);
    }

    private static string WithRip(string text)
    {
        var changed = System.Text.Json.Nodes.JsonNode.Parse(Sample("vcpu"))!;
        changed["general"]!["rip"] = text;
        return changed.ToJsonString();
    }

    private static bool IsTaken(string section, string text)
    {
        try
        {
            Reread(section, text);
            return true;
        }
        catch (StateException refusal)
        {
            Assert.DoesNotContain('\n', refusal.Message);
            return false;
        }
        catch (Exception fault)
        {
            Assert.Fail($"{fault.GetType().Name}, {fault.Message}, of {text}");
            throw;
        }
    }

    /// <summary>What a restore does before it turns to KVM.</summary>
    private static string Reread(string section, string text)
    {
        JsonElement json = JsonElement.Parse(text);
        switch (section)
        {
            case "vcpu":
                VcpuRecord vcpu = StateJson.Read(section, json, KvmStateJson.Default.VcpuRecord);
                VcpuCheck.Check(section, vcpu, HostXsave);
                return Text(vcpu, KvmStateJson.Default.VcpuRecord);
            case "cpu":
                return ProcessorFit.Write(ProcessorFit.Read(json)).GetRawText();
            case "interrupt-controllers":
                return Text(StateJson.Read(section, json, KvmStateJson.Default.InterruptControllersRecord), KvmStateJson.Default.InterruptControllersRecord);
            case "interval-timer":
                return Text(StateJson.Read(section, json, KvmStateJson.Default.TimerRecord), KvmStateJson.Default.TimerRecord);
            default:
                return Text(StateJson.Read(section, json, KvmStateJson.Default.ClockRecord), KvmStateJson.Default.ClockRecord);
        }
    }

    private static string Sample(string section) => section switch
    {
        "vcpu" => Text(SampleRecords.Vcpu(), KvmStateJson.Default.VcpuRecord),
        "cpu" => ProcessorFit.Write(SampleRecords.Processor()).GetRawText(),
        "interrupt-controllers" => Text(SampleRecords.InterruptControllers(), KvmStateJson.Default.InterruptControllersRecord),
        "interval-timer" => Text(SampleRecords.Timer(), KvmStateJson.Default.TimerRecord),
        _ => Text(SampleRecords.Clock(), KvmStateJson.Default.ClockRecord),
    };

    private static string Text<T>(T record, JsonTypeInfo<T> type) => StateJson.Write(record, type).GetRawText();

    private static string Golden(string section)
    {
        string file = Path.Combine(Folder(), "Golden", $"{section}.v1.json");
        return File.Exists(file) ? File.ReadAllText(file).Trim() : throw new FileNotFoundException($"no {file}; it may be:\n{Sample(section)}");
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
