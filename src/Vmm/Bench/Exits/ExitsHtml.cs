using System.Globalization;
using System.Net;
using System.Text;

namespace Vmm.Bench.Exits;

/// <summary>A report as one HTML file that needs no other: the table, and for each row the histograms of both programs.</summary>
internal static class ExitsHtml
{
    private const int Width = 720;
    private const int Height = 120;
    private const int Margin = 24;

    private const string Style =
        "body{font:14px system-ui,sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}td,th{padding:2px 8px;text-align:right;border-bottom:1px solid #ddd}"
        + "td:first-child,th:first-child,.host td{text-align:left}h2{font-size:1em;margin:1.5em 0 0}svg{display:block}.vmm{fill:none;stroke:#c33;stroke-width:1.5}.c{fill:#9bd;fill-opacity:.5}"
        + ".axis{stroke:#888}text{font-size:10px;fill:#444}p{margin:.2em 0}";

    /// <summary>The file's text.</summary>
    public static string Write(ExitsReport report)
    {
        StringBuilder html = new();
        html.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>vmm bench exits</title><style>").Append(Style).Append("</style></head><body>\n");
        html.Append("<h1>What an exit costs</h1>\n<p>Nanoseconds, inside the guest by its TSC. Red: vmm. Blue: a C program over the raw ioctls, with the same guest, in turn with it.</p>\n");
        Table(html, report);
        foreach (string note in ExitsText.Notes(report))
            html.Append("<p>").Append(Text(note)).Append("</p>\n");
        foreach (ExitResult row in report.Rows.Where(row => row.Histogram is { Count: > 0 }))
        {
            html.Append("<h2>").Append(Text(row.Name)).Append("</h2><p>").Append(Text(row.What)).Append("</p>\n");
            Chart(html, row);
        }
        html.Append("<h2>Host</h2><table class=\"host\">\n");
        foreach ((string key, string value) in ExitsText.Host(report.Host))
            html.Append("<tr><td>").Append(Text(key)).Append("</td><td>").Append(Text(value)).Append("</td></tr>\n");
        return html.Append("</table>\n</body></html>\n").ToString();
    }

    private static void Table(StringBuilder html, ExitsReport report)
    {
        html.Append("<table><tr><th>row</th><th>answered by</th><th>min</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th><th>C p50</th><th>ours/C</th></tr>\n");
        foreach (ExitResult row in report.Rows)
        {
            string[] cells =
            [
                row.Name, row.LeavesTo, ExitsText.Ns(row.MinNs), ExitsText.Ns(row.P50Ns), ExitsText.Ns(row.P90Ns), ExitsText.Ns(row.P99Ns),
                ExitsText.Ns(row.P999Ns), ExitsText.Ns(row.MaxNs), ExitsText.Ns(row.C?.P50Ns), ExitsText.Ratio(row.Ratio),
            ];
            html.Append("<tr>").AppendJoin("", cells.Select(cell => $"<td>{Text(cell)}</td>")).Append("</tr>\n");
        }
        html.Append("</table>\n");
    }

    /// <summary>Both histograms over one logarithmic axis of time; the counts' axis is logarithmic too, so that a single outlier is seen.</summary>
    private static void Chart(StringBuilder html, ExitResult row)
    {
        IReadOnlyList<double[]> ours = row.Histogram!;
        IReadOnlyList<double[]> theirs = row.C?.Histogram ?? [];
        double from = Math.Log2(ours.Concat(theirs).Min(bucket => bucket[0])) - 0.25;
        double to = Math.Log2(ours.Concat(theirs).Max(bucket => bucket[0])) + 0.25;
        double most = Math.Log10(1 + ours.Concat(theirs).Max(bucket => bucket[1]));
        double X(double ns) => Margin + (Math.Log2(ns) - from) / (to - from) * (Width - 2 * Margin);
        double Y(double count) => Height - Margin - Math.Log10(1 + count) / most * (Height - 2 * Margin);

        html.Append(CultureInfo.InvariantCulture, $"<svg width=\"{Width}\" height=\"{Height}\" viewBox=\"0 0 {Width} {Height}\" role=\"img\">");
        foreach (double[] bucket in theirs)
            Bar("c", bucket);
        foreach (double[] bucket in ours)
            Bar("vmm", bucket);
        html.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Margin}\" y1=\"{Height - Margin}\" x2=\"{Width - Margin}\" y2=\"{Height - Margin}\"/>");
        for (int power = (int)Math.Ceiling(from); power <= to; power += Math.Max(1, (int)(to - from) / 10))
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(Math.Pow(2, power)):0.#}\" y=\"{Height - 8}\" text-anchor=\"middle\">{Time(Math.Pow(2, power))}</text>");
        html.Append("</svg>\n");

        void Bar(string subject, double[] bucket)
        {
            double left = X(bucket[0]);
            double width = Math.Max(1, X(bucket[0] * Math.Pow(2, 1 / 16.0)) - left);
            double top = Y(bucket[1]);
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"{subject}\" x=\"{left:0.#}\" y=\"{top:0.#}\" width=\"{width:0.#}\" height=\"{Height - Margin - top:0.#}\"><title>{bucket[0]:0} ns: {bucket[1]:0}</title></rect>");
        }
    }

    private static string Time(double ns) => ns switch
    {
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{ns:0} ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:0.#} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:0.#} ms"),
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
