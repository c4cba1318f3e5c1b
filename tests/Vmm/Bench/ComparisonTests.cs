using System.Text.Json;
using System.Text.Json.Nodes;
using Vmm.Bench.Exits;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Bench;

/// <summary>What <c>vmm bench compare</c> finds, and what it refuses.</summary>
public sealed class ComparisonTests
{
    private static readonly ulong[][] s_steady = [[100, 101, 102], [99, 101, 103], [100, 100, 101], [98, 101, 102]];
    private static readonly ulong[][] s_twice = [.. s_steady.Select(batch => Array.ConvertAll(batch, sample => sample * 2))];

    private static ExitsReport Of(params ExitResult[] rows) => new() { Host = Reports.Host, Rows = rows };

    [Fact]
    public void Comparison_tells_what_is_slower_what_is_the_same_and_which_report_alone_has_a_row()
    {
        ExitsComparison found = ExitsComparison.Of(
            Of(Reports.Row("same", s_steady), Reports.Row("slower", s_steady), Reports.Row("faster", s_twice), Reports.Row("gone", s_steady)),
            Of(Reports.Row("same", s_steady), Reports.Row("slower", s_twice), Reports.Row("faster", s_steady), Reports.Row("new", s_steady)));

        IReadOnlyList<RowComparison> rows = found.Rows;
        Assert.Equal(["same", "slower", "faster", "only in first", "only in second"], rows.Select(row => row.Verdict));
        Assert.Equal(["same", "slower", "faster", "gone", "new"], rows.Select(row => row.Name));
        Assert.Equal(2, rows[1].Ratio!.Value, 0.02);
        Assert.InRange(rows[1].Ratio!.Value, rows[1].RatioLow!.Value, rows[1].RatioHigh!.Value);
        string table = ExitsText.Table(found);
        Assert.Contains("slower", table);
        Assert.Contains("gone", table);
        using JsonDocument json = JsonDocument.Parse(ExitsJson.Write(found));
        Assert.Equal("slower", json.RootElement.GetProperty("rows")[1].GetProperty("verdict").GetString());
    }

    [Fact]
    public void Wide_interval_shows_no_difference_rather_than_sameness()
    {
        ulong[][] wild = [[50, 50, 50], [100, 100, 100], [150, 150, 150], [101, 101, 101]];

        RowComparison row = Assert.Single(ExitsComparison.Of(Of(Reports.Row("portio", s_steady)), Of(Reports.Row("portio", wild))).Rows);

        Assert.True(row.RatioLow < 0.9 && row.RatioHigh > 1.1, $"{row.RatioLow} to {row.RatioHigh}");
        Assert.Equal("no difference shown", row.Verdict);
    }

    [Fact]
    public void Row_that_could_not_be_measured_is_not_one_that_is_not_there()
    {
        ExitResult none = new() { Name = "vmcall", What = "hypercall", LeavesTo = "kernel", Reason = "did not end" };

        ExitsComparison found = ExitsComparison.Of(Of(none, Reports.Row("rdmsr", [[0, 0], [0, 0]])), Of(Reports.Row("vmcall", s_steady), Reports.Row("rdmsr", s_steady)));

        Assert.Equal(["not measured", "no ratio"], found.Rows.Select(row => row.Verdict));
    }

    [Fact]
    public void What_differs_of_the_hosts_is_told_a_line_each()
    {
        HostRecord other = Reports.Host with
        {
            Date = "2026-12-01 12:00Z",
            Processor = "Another",
            Microcode = "0x2",
            Kernel = "6.12.0 #1",
            KvmModules = ["kvm", "kvm_y"],
            KvmParameters = new Dictionary<string, string> { ["kvm.halt_poll_ns"] = "0", ["kvm_y.nested"] = "1" },
            Mitigations = new Dictionary<string, string> { ["meltdown"] = "Not affected", ["spectre_v2"] = "Vulnerable" },
            Governor = "powersave",
            Nesting = "the host is a guest",
        };
        ExitsReport one = Of(Reports.Row("portio", s_steady));

        ExitsComparison found = ExitsComparison.Of(one, one with { Host = other });

        Assert.Equal(
            [
                "the hosts differ: processor: A|B <Processor>, then Another",
                "the hosts differ: microcode: 0x1, then 0x2",
                "the hosts differ: kernel: 6.1.0 #1, then 6.12.0 #1",
                "the hosts differ: KVM modules: kvm kvm_x, then kvm kvm_y",
                "the hosts differ: governor: none, then powersave",
                "the hosts differ: nesting: the host is no guest, then the host is a guest",
                "the hosts differ: KVM parameter kvm.halt_poll_ns: 200000, then 0",
                "the hosts differ: KVM parameter kvm_y.nested: none, then 1",
                "the hosts differ: mitigation spectre_v2: Mitigation: a, b, then Vulnerable",
            ],
            ExitsText.Table(found).TrimEnd('\n').Split('\n').Skip(2));
        using JsonDocument json = JsonDocument.Parse(ExitsJson.Write(found));
        JsonElement processor = json.RootElement.GetProperty("host")[0];
        Assert.Equal(("processor", "A|B <Processor>", "Another"), (processor.GetProperty("what").GetString(), processor.GetProperty("first").GetString(), processor.GetProperty("second").GetString()));
        Assert.DoesNotContain("hosts", ExitsText.Table(ExitsComparison.Of(one, one)));
    }

    [Fact]
    public void Report_without_rows_or_without_their_medians_is_refused_in_a_line()
    {
        Assert.Contains(": a report without rows", Refused(report => report["rows"] = new JsonArray()));
        Assert.Contains(": its row 'portio' has no medians_ns", Refused(report => report["rows"]![0]!.AsObject().Remove("medians_ns")));
        Assert.Contains(": its row 'portio' has no medians_ns", Refused(report => report["rows"]![0]!["medians_ns"] = new JsonArray()));
        Assert.Contains(": not a report of", Refused(report => report["rows"]![0] = null));
        Assert.Contains(": not a report of", Refused(report => report["host"]!["kvm_parameters"] = null));
    }

    private static string Refused(Action<JsonObject> change)
    {
        string path = Path.GetTempFileName();
        try
        {
            JsonObject report = JsonNode.Parse(ExitsJson.Write(Of(Reports.Row("portio", s_steady))))!.AsObject();
            change(report);
            File.WriteAllText(path, report.ToJsonString());
            VmmException refused = Assert.Throws<VmmException>(() => ExitsJson.Read(path));
            Assert.Equal(ExitCodes.Usage, refused.ExitCode);
            Assert.DoesNotContain('\n', refused.Message);
            return refused.Message;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
