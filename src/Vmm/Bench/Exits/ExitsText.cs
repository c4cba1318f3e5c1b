using System.Globalization;
using System.Text;
using Vmm.Cli;
using Vmm.Machine.Config;

namespace Vmm.Bench.Exits;

/// <summary>Reports and comparisons as tables for people: aligned text, Markdown, and CSV with every figure.</summary>
internal static class ExitsText
{
    private static readonly string[] s_head = ["row", "answered by", "min", "p50", "p90", "p99", "p99.9", "max", "cycles p50", "outside", "C p50", "ours/C", "95 %"];

    /// <summary>An aligned table, with what was not measured and the host below it. Nanoseconds.</summary>
    public static string Table(ExitsReport report)
    {
        TextTable table = new();
        table.Add(s_head);
        foreach (ExitResult row in Measured(report))
            table.Add(Cells(row));
        StringBuilder text = new(table.ToString());
        text.Append("nanoseconds, inside the guest by its TSC; outside: a turn by the host's clock, the guest's loop included\n");
        foreach (string note in Notes(report))
            text.Append(note).Append('\n');
        TextTable host = new();
        foreach ((string key, string value) in Host(report.Host, withParameters: false))
            host.Add(key, value);
        return text.Append('\n').Append(host).ToString();
    }

    /// <summary>The same as Markdown.</summary>
    public static string Markdown(ExitsReport report)
    {
        StringBuilder text = new();
        text.Append("| ").AppendJoin(" | ", s_head).Append(" |\n|---|---|").Append(string.Concat(Enumerable.Repeat("--:|", s_head.Length - 2))).Append('\n');
        foreach (ExitResult row in Measured(report))
            text.Append("| ").AppendJoin(" | ", Cells(row).Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
        text.Append("\nNanoseconds, inside the guest by its TSC; outside: a turn by the host's clock, the guest's loop included.\n\n");
        foreach (string note in Notes(report))
            text.Append("- ").Append(note).Append('\n');
        text.Append("\n| host | |\n|---|---|\n");
        foreach ((string key, string value) in Host(report.Host))
            text.Append($"| {key} | {value.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        return text.ToString();
    }

    /// <summary>A line a row, with every figure; rows that were not measured have the reason in the last columns.</summary>
    public static string Csv(ExitsReport report)
    {
        StringBuilder text = new("row,answered_by,subject,samples,min_ns,p50_ns,p90_ns,p99_ns,p99_9_ns,max_ns,min_cycles,p50_cycles,p90_cycles,p99_cycles,p99_9_cycles,max_cycles,outside_ns,ratio,ratio_low,ratio_high,reason\n");
        foreach (ExitResult row in report.Rows)
        {
            Line("vmm", row, row.Reason, row.Ratio, row.RatioLow, row.RatioHigh);
            if (row.C is not null || row.CReason is not null)
                Line("c", row.C ?? new(), row.CReason, null, null, null);

            void Line(string subject, ExitFigures f, string? reason, double? ratio, double? low, double? high)
            {
                object?[] cells =
                [
                    row.Name, row.LeavesTo, subject, f.Samples, f.MinNs, f.P50Ns, f.P90Ns, f.P99Ns, f.P999Ns, f.MaxNs,
                    f.MinCycles, f.P50Cycles, f.P90Cycles, f.P99Cycles, f.P999Cycles, f.MaxCycles, f.OutsideNs, ratio, low, high, reason,
                ];
                text.AppendJoin(',', cells.Select(cell => Quoted(Convert.ToString(cell, CultureInfo.InvariantCulture) ?? ""))).Append('\n');
            }
        }
        return text.ToString();
    }

    /// <summary>A comparison, as an aligned table, with what differs of the hosts below it.</summary>
    public static string Table(ExitsComparison comparison)
    {
        TextTable table = new();
        table.Add("row", "first p50", "second p50", "second/first", "95 %", "");
        foreach (RowComparison row in comparison.Rows)
            table.Add(row.Name, Ns(row.FirstP50Ns), Ns(row.SecondP50Ns), Ratio(row.Ratio), Range(row.RatioLow, row.RatioHigh), row.Verdict);
        StringBuilder text = new(table.ToString());
        foreach (HostDifference fact in comparison.Host)
            text.Append($"the hosts differ: {Shown(fact.What)}: {Shown(fact.First)}, then {Shown(fact.Second)}\n");
        return text.ToString();

        static string Shown(string? fact) => string.IsNullOrEmpty(fact) ? "none" : Printable.Escape(fact, longest: int.MaxValue);
    }

    /// <summary>What is to be said beside the figures: what was not measured and why, what accounting costs.</summary>
    public static IEnumerable<string> Notes(ExitsReport report)
    {
        foreach (ExitResult row in report.Rows)
        {
            if (row.Reason is not null)
                yield return $"{row.Name}: not measured: {row.Reason}" + (row.CReason is null ? "" : $" (C: {row.CReason})");
            else if (row.CReason is not null)
                yield return $"{row.Name}: the C program gave nothing: {row.CReason}";
            if (row.AccountingRatio is not null)
                yield return $"{row.Name}: with accounting to without {Ratio(row.AccountingRatio)} ({Range(row.AccountingLow, row.AccountingHigh)})";
        }
    }

    /// <summary>The host's record in lines.</summary>
    /// <param name="host">The record.</param>
    /// <param name="withParameters">Whether all parameters of KVM are told: there are dozens.</param>
    public static IEnumerable<(string Key, string Value)> Host(HostRecord host, bool withParameters = true) =>
    [
        ("date", $"{host.Date}, vmm {host.Vmm}"),
        ("processor", $"{host.Processor}, microcode {host.Microcode}, {host.Processors} usable, TSC {host.TscKhz} kHz, governor {host.Governor}"),
        ("kernel", host.Kernel),
        ("KVM", withParameters
            ? string.Join(' ', host.KvmModules.Concat(host.KvmParameters.Select(pair => $"{pair.Key}={pair.Value}")))
            : $"{string.Join(' ', host.KvmModules)}; parameters: --output json"),
        ("mitigations", string.Join("; ", host.Mitigations.Where(pair => pair.Value != "Not affected").Select(pair => $"{pair.Key}: {pair.Value}"))),
        ("nesting", host.Nesting),
        ("threads", host.Pinned),
        ("amount", host.Amount),
        ("C", host.Compiler),
    ];

    /// <summary>A time: whole nanoseconds, but for short ones.</summary>
    public static string Ns(double? ns) => ns is { } value ? value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) : "-";

    /// <summary>A ratio, with three digits behind the point.</summary>
    public static string Ratio(double? ratio) => ratio is { } value ? value.ToString("0.000", CultureInfo.InvariantCulture) : "-";

    private static IEnumerable<ExitResult> Measured(ExitsReport report) => report.Rows.Where(row => row.P50Ns is not null);

    private static string[] Cells(ExitResult row) =>
    [
        row.Name, row.LeavesTo, Ns(row.MinNs), Ns(row.P50Ns), Ns(row.P90Ns), Ns(row.P99Ns), Ns(row.P999Ns), Ns(row.MaxNs),
        row.P50Cycles?.ToString(CultureInfo.InvariantCulture) ?? "-", Ns(row.OutsideNs), Ns(row.C?.P50Ns), Ratio(row.Ratio), Range(row.RatioLow, row.RatioHigh),
    ];

    private static string Range(double? low, double? high) => low is null ? "-" : $"{Ratio(low)}-{Ratio(high)}";

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(',', '"', '\n') < 0 ? cell : $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
