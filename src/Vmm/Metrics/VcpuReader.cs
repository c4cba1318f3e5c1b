using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Exits;

namespace Vmm.Metrics;

/// <summary>Joins what a vCPU's thread counted with what the host's scheduler tells of it.</summary>
internal static class VcpuReader
{
    /// <summary>Reads one vCPU's figures.</summary>
    /// <param name="machine">Its machine, which may be running.</param>
    /// <param name="vcpu">Its number.</param>
    /// <param name="before">What it did in earlier starts of the guest; null for nothing.</param>
    /// <param name="exits">Its exits, those of earlier starts included.</param>
    public static VcpuMetrics Read(VirtualMachine machine, int vcpu, VcpuMetrics? before, ExitTally exits)
    {
        ExitCounters counters = machine.Dispatchers[vcpu].Counters;
        long handled = counters.HandlerTime;
        ThreadTimes times = machine.Threads[vcpu].Times();
        return new VcpuMetrics
        {
            Vcpu = vcpu,
            Exits = counters.Exits + (before?.Exits ?? 0),
            ExitsByReason = exits.ByReason,
            ExitsByDevice = exits.ByDevice,
            Kicks = counters.Kicks + (before?.Kicks ?? 0),
            RunNs = counters.RunTime + (before?.RunNs ?? 0),
            HandlerNs = handled + (before?.HandlerNs ?? 0),
            WaitNs = times.Waiting + (before?.WaitNs ?? 0),
            // A handler that waited for something took longer than its time on the processor.
            GuestNs = Math.Max(0, times.Cpu - handled) + (before?.GuestNs ?? 0),
            CpuNs = times.Cpu + (before?.CpuNs ?? 0),
            AccountedGuestNs = times.Guest + (before?.AccountedGuestNs ?? 0),
            UserNs = times.User + (before?.UserNs ?? 0),
            SystemNs = times.System + (before?.SystemNs ?? 0),
        };
    }
}
