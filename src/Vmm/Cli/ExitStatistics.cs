using System.Globalization;
using System.Text;
using Vmm.Metrics;

namespace Vmm.Cli;

/// <summary>Why the guest was left, for which device, and how long each took to answer: the tables of <c>--stats</c>.</summary>
internal static class ExitStatistics
{
    /// <summary>The tables.</summary>
    public static string Text(MachineMetrics metrics)
    {
        StringBuilder text = new();
        AppendCount(text, metrics.ExitsByReason.Sum(exits => exits.Count), "exits in all");
        AppendHeading(text, "reason");
        foreach (ExitMetrics exits in metrics.ExitsByReason)
            AppendRow(text, exits);
        AppendCount(text, metrics.Vcpus.Sum(vcpu => vcpu.Kicks), "kicks from the host");
        text.AppendLine("of the exits, accesses to");
        AppendHeading(text, "device");
        foreach (ExitMetrics exits in metrics.ExitsByDevice)
            AppendRow(text, exits);
        return text.Append(CultureInfo.InvariantCulture, $"{metrics.UptimeNs / 1e9:0.000} s in all\n").ToString();
    }

    /// <summary>How long vCPUs were within KVM_RUN before an exit, all together and, where there are several, each.</summary>
    public static string RunText(MachineMetrics metrics)
    {
        TextTable table = new();
        table.Add("REASON", "VCPU", "EXITS", "KVM_RUN", "P50", "P99", "MAX", "ANSWERING", "P50", "P99", "MAX");
        foreach (ExitMetrics exits in metrics.ExitsByReason)
        {
            Add(table, exits, "all");
            if (metrics.Vcpus.Count == 1)
                continue;
            foreach (VcpuMetrics vcpu in metrics.Vcpus)
            {
                if (vcpu.ExitsByReason.FirstOrDefault(own => own.Name == exits.Name) is { } own)
                    Add(table, own, vcpu.Vcpu.ToString(CultureInfo.InvariantCulture));
            }
        }
        return $"\n{table}";
    }

    private static void Add(TextTable table, ExitMetrics exits, string vcpu) => table.Add(
        exits.Name, vcpu, exits.Count.ToString("N0", CultureInfo.InvariantCulture),
        Duration(exits.Run.TotalNs), Duration(exits.Run.P50Ns), Duration(exits.Run.P99Ns), Duration(exits.Run.MaxNs),
        Duration(exits.TotalNs), Duration(exits.P50Ns), Duration(exits.P99Ns), Duration(exits.MaxNs));

    private static void AppendHeading(StringBuilder text, string what) =>
        text.Append(CultureInfo.InvariantCulture, $"{"count",14}  {"handler",9}  {"p50",9}  {"p99",9}  {what}\n");

    private static void AppendRow(StringBuilder text, ExitMetrics exits) =>
        text.Append(CultureInfo.InvariantCulture, $"{exits.Count,14:N0}  {Duration(exits.TotalNs),9}  {Duration(exits.P50Ns),9}  {Duration(exits.P99Ns),9}  {exits.Name}\n");

    private static void AppendCount(StringBuilder text, long count, string name) =>
        text.Append(CultureInfo.InvariantCulture, $"{count,14:N0}  {name}\n");

    /// <summary>Three digits and the unit that fits.</summary>
    internal static string Duration(long nanoseconds) => nanoseconds switch
    {
        < 1_000 => $"{nanoseconds} ns",
        < 1_000_000 => Digits(nanoseconds / 1e3, "us"),
        < 1_000_000_000 => Digits(nanoseconds / 1e6, "ms"),
        _ => Digits(nanoseconds / 1e9, "s"),
    };

    private static string Digits(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture)} {unit}");
}
