using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vmm.Devices.Bus;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;

namespace Vmm.Cli;

/// <summary>Why the guest was left, and for which device: the sum over all vCPUs and all reboots.</summary>
internal sealed class ExitStatistics
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly SortedDictionary<string, long> _reasons = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _devices = new(StringComparer.Ordinal);
    private long _total;
    private long _kicks;

    /// <summary>Adds what a machine counted that has ended.</summary>
    public void Add(VirtualMachine machine)
    {
        foreach (ExitDispatcher dispatcher in machine.Dispatchers)
        {
            ExitCounters counters = dispatcher.Counters;
            _kicks += dispatcher.Kicks;
            for (int reason = 0; reason < counters.ByReason.Length; reason++)
            {
                _total += counters.ByReason[reason];
                Count(_reasons, ReasonName(reason), counters.ByReason[reason]);
            }
            foreach ((IBusDevice device, long count) in counters.ByDevice)
                Count(_devices, device.Name, count);
            Count(_devices, "(nobody)", counters.Unclaimed);
        }
    }

    /// <summary>The tables.</summary>
    public string Text()
    {
        StringBuilder text = new();
        AppendRow(text, _total, "exits in all");
        foreach ((string name, long count) in _reasons.OrderByDescending(pair => pair.Value))
            AppendRow(text, count, name);
        AppendRow(text, _kicks, "kicks from the host");
        text.AppendLine("of the exits, accesses to");
        foreach ((string name, long count) in _devices.OrderByDescending(pair => pair.Value))
            AppendRow(text, count, name);
        return text.Append(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(_start).TotalSeconds:0.000} s in all\n").ToString();
    }

    private static void AppendRow(StringBuilder text, long count, string name) =>
        text.Append(CultureInfo.InvariantCulture, $"{count,14:N0}  {name}\n");

    private static void Count(SortedDictionary<string, long> counts, string name, long count)
    {
        if (count > 0)
            counts[name] = counts.GetValueOrDefault(name) + count;
    }

    private static string ReasonName(int reason) =>
        Enum.IsDefined((KvmExitReason)reason)
            ? ((KvmExitReason)reason).ToString().Replace("KVM_EXIT_", "", StringComparison.Ordinal).ToLowerInvariant()
            : $"reason {reason}";
}
