using System.Text.Json;
using System.Xml.Linq;
using Vmm.Bench.Exits;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Bench;

/// <summary>What <c>vmm bench exits</c> and <c>vmm bench compare</c> write, in each form.</summary>
public sealed class ExitsWriterTests
{
    [Fact]
    public void Table_has_the_measured_rows_then_what_was_not_measured_and_why_then_the_host()
    {
        string[] lines = ExitsText.Table(Reports.Three).Split('\n');

        Assert.Equal("row     answered by  min   p50   p90   p99   p99.9  max   cycles p50  outside  C p50  ours/C  95 %", lines[0]);
        Assert.Equal("portio  user         1000  1010  9000  9000  9000   9000  1010        2000     1000   1.013   1.000-1.025", lines[1]);
        Assert.StartsWith("cpuid   user         50.0  60.0  80.0", lines[2]);
        Assert.Contains("portio: with accounting to without 1.001 (0.990-1.010)", lines);
        Assert.Contains("cpuid: the C program gave nothing: no, \"sorry\"", lines);
        Assert.Contains("vmcall: not measured: did not end (C: neither)", lines);
        Assert.Contains(lines, line => line.StartsWith("mitigations  spectre_v2: Mitigation: a, b", StringComparison.Ordinal));
    }

    [Fact]
    public void Csv_has_a_line_for_each_program_and_quotes_what_has_commas()
    {
        string[] lines = ExitsText.Csv(Reports.Three).TrimEnd('\n').Split('\n');

        Assert.Equal(7, lines.Length);
        Assert.Equal("portio,user,vmm,8,1000,1010,9000,9000,9000,9000,1000,1010,9000,9000,9000,9000,2000,1.0125,1,1.025,", lines[1]);
        Assert.StartsWith("portio,user,c,8,900,1000,", lines[2]);
        Assert.EndsWith(",\"no, \"\"sorry\"\"\"", lines[4]);
        Assert.Equal("vmcall,kernel,vmm,,,,,,,,,,,,,,,,,,did not end", lines[5]);
        Assert.All(lines.Where(line => !line.Contains('"')), line => Assert.Equal(20, line.Count(c => c == ',')));
    }

    [Fact]
    public void Markdown_escapes_bars()
    {
        string text = ExitsText.Markdown(Reports.Three);

        Assert.StartsWith("| row | answered by | min |", text);
        Assert.Contains("| portio | user | 1000 | 1010 |", text);
        Assert.Contains("A\\|B <Processor>", text);
        Assert.Contains("- vmcall: not measured: did not end (C: neither)\n", text);
        Assert.Contains("kvm.halt_poll_ns=200000", text);
    }

    [Fact]
    public void Html_is_one_well_formed_file_with_a_histogram_for_each_measured_row_and_needs_no_other()
    {
        string html = ExitsHtml.Write(Reports.Three);

        XElement page = XElement.Parse(html[html.IndexOf("<html", StringComparison.Ordinal)..].Replace("<meta charset=\"utf-8\">", "", StringComparison.Ordinal));
        Assert.Equal(2, page.Descendants("svg").Count());
        Assert.Contains(page.Descendants("rect"), bar => (string?)bar.Attribute("class") == "c");
        Assert.Contains("A|B &lt;Processor&gt;", html);
        Assert.DoesNotContain("http", html);
        Assert.DoesNotContain("<script", html);
    }

    [Fact]
    public void Json_is_an_object_of_host_and_rows_and_reads_back()
    {
        string json = ExitsJson.Write(Reports.Three);

        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement row = document.RootElement.GetProperty("rows")[0];
        Assert.Equal(1_000_000, document.RootElement.GetProperty("host").GetProperty("tsc_khz").GetInt64());
        Assert.Equal("portio", row.GetProperty("name").GetString());
        Assert.Equal(1010, row.GetProperty("p50_ns").GetDouble());
        Assert.Equal(9000, row.GetProperty("p99_9_ns").GetDouble());
        Assert.Equal(1010, row.GetProperty("p50_cycles").GetInt64());
        Assert.Equal(1.0125, row.GetProperty("ratio").GetDouble());
        Assert.Equal(1000, row.GetProperty("c").GetProperty("p50_ns").GetDouble());
        JsonElement missing = document.RootElement.GetProperty("rows")[2];
        Assert.Equal("did not end", missing.GetProperty("reason").GetString());
        Assert.False(missing.TryGetProperty("p50_ns", out _));

        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, json);
            Assert.Equal(json, ExitsJson.Write(ExitsJson.Read(path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"rows\":[]}")]
    [InlineData("null")]
    [InlineData("{\"host\":1,\"rows\":[]}")]
    public void What_is_no_report_is_refused_by_the_files_name(string text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            VmmException refused = Assert.Throws<VmmException>(() => ExitsJson.Read(path));
            Assert.Contains(path, refused.Message);
            Assert.Equal(ExitCodes.Usage, refused.ExitCode);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        VmmException refused = Assert.Throws<VmmException>(() => ExitsJson.Read("/nonexistent/report.json"));

        Assert.Contains("/nonexistent/report.json", refused.Message);
    }

    [Fact]
    public void The_c_programs_answer_is_samples_or_a_reason_and_a_cut_one_is_neither()
    {
        ExitRow row = ExitRows.Find("portio-no-eventfd")!;
        TimeSpan patience = TimeSpan.FromSeconds(3);
        Batch Parse(string head, params ulong[] samples) =>
            CExits.Parse([.. System.Text.Encoding.ASCII.GetBytes(head), .. samples.SelectMany(BitConverter.GetBytes)], turns: 2, row, patience);

        Assert.Equal([7UL, 8UL], Parse("ok 400 2\n", 7, 8).Samples);
        Assert.Equal(200, Parse("ok 400 2\n", 7, 8).OutsideNs);
        Assert.Equal("KVM_RUN: EIO", Parse("no KVM_RUN: EIO\n").Reason);
        Assert.Contains("1 of 2 samples", Parse("ok 400 2\n", 7).Reason);
        Assert.Contains("only 1 of 2 accesses", Parse("ok 400 1\n", 7, 8).Reason);
        Assert.Contains("within 3 s", Parse("").Reason);
    }

    [Fact]
    public void Rows_have_names_of_their_own_and_those_that_leave_to_user_space_say_so()
    {
        Assert.Equal(ExitRows.All.Count, ExitRows.All.Select(row => row.Name).Distinct().Count());
        Assert.All(ExitRows.All, row => Assert.Equal(row.Name.StartsWith("mmio_read", StringComparison.Ordinal) || row.Name is "inl_from_qemu" or "inl_cpl3" or "portio_cpl3" or "mmio_write_cpl3" || row.Name.EndsWith("no-eventfd", StringComparison.Ordinal) || row.Name.EndsWith("_to_user", StringComparison.Ordinal), row.LeavesTo == LeavesTo.User));
    }

    [Fact]
    public void Host_record_reads_what_there_is_and_does_without_the_rest()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("vmm-host");
        try
        {
            void Put(string path, string text)
            {
                string full = Path.Combine(root.FullName, path);
                Directory.CreateDirectory(Path.GetDirectoryName(full)!);
                File.WriteAllText(full, text + "\n");
            }
            Put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some Processor\nmicrocode\t: 0x7");
            Put("proc/sys/kernel/osrelease", "6.1.0");
            Put("sys/module/kvm/parameters/halt_poll_ns", "0");
            Put("sys/module/kvm_amd/parameters/nested", "1");
            Put("sys/devices/system/cpu/vulnerabilities/meltdown", "Not affected");

            HostRecord host = new HostReader(root.FullName).Read(new HostPlacement(1, 0, 2), BatchSize.Small, 2_000_000, "none");

            Assert.Equal(("Some Processor", "0x7", "6.1.0", "none"), (host.Processor, host.Microcode, host.Kernel, host.Governor));
            Assert.Equal(["kvm", "kvm_amd"], host.KvmModules);
            Assert.Equal("1", host.KvmParameters["kvm_amd.nested"]);
            Assert.Equal("Not affected", host.Mitigations["meltdown"]);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("[1]", "")]
    [InlineData("{ \"rows\": 3 }", "")]
    [InlineData("{ \"rows\": [", " (line 1, byte 12: it ends before everything in it is closed)")]
    public void Other_file_is_no_report_and_is_told_so_in_plain_words(string json, string detail)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, json);
        VmmException wrong = Assert.Throws<VmmException>(() => ExitsJson.Read(path));
        Assert.Equal($"'{path}': not a report of 'vmm bench exits --output json'{detail}", wrong.Message);
        File.Delete(path);
    }
}
