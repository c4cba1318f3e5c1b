using System.Globalization;
using Vmm.Host;

namespace Vmm.Machine.Config;

/// <summary>
/// Affinity as the command line has it: <c>0-3</c> for every vCPU, or <c>0:0-1/1:2+5</c>, which keeps vCPU 0 on the
/// processors 0 and 1, and vCPU 1 on 2 and 5. A comma stands between options already, so '+' joins ranges.
/// </summary>
internal static class AffinityText
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">With what is wrong with it.</exception>
    public static IReadOnlyList<VcpuAffinity> Parse(string text)
    {
        if (!text.Contains(':', StringComparison.Ordinal))
            return [new() { HostCpus = Set(text) }];
        return Array.ConvertAll(text.Split('/'), One);
    }

    private static VcpuAffinity One(string part)
    {
        int colon = part.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new FormatException($"affinity: '{Printable.Escape(part)}' is not of the form VCPU:PROCESSORS, such as 0:0-1/1:2");
        return new() { Vcpu = Number(part[..colon], part), HostCpus = Set(part[(colon + 1)..]) };
    }

    private static List<int> Set(string text)
    {
        if (text.Length == 0)
            throw new FormatException("affinity: names no processor of the host");
        List<int> numbers = [];
        foreach (string range in text.Split('+', ','))
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            int first = Number(dash < 0 ? range : range[..dash], range);
            int last = dash < 0 ? first : Number(range[(dash + 1)..], range);
            if (last < first)
                throw new FormatException($"affinity: the range '{range}' is empty: its end is before its start");
            for (int number = first; number <= last; number++)
                numbers.Add(number);
        }
        return numbers;
    }

    private static int Number(string text, string whole)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= Linux.MostProcessors)
        {
            string reason = text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
                ? $"is out of range: 0 to {Linux.MostProcessors - 1}"
                : "is not a whole number; write processors as 0-3 or 0+2, for single vCPUs as 0:0-1/1:2";
            throw new FormatException($"affinity: '{Printable.Escape(text)}' in '{Printable.Escape(whole)}' {reason}");
        }
        return number;
    }
}
