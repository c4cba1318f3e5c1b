using Vmm.Devices.Virtio.Balloon;
using Vmm.Kvm.Abi;
using Vmm.Logging;
using Vmm.Machine.Exits;
using Vmm.Metrics;
using Vmm.Tests.Vmm.Machine;

namespace Vmm.Tests.Vmm.Metrics;

/// <summary>Figures of a machine that there never was.</summary>
internal static class MetricsSample
{
    public static MachineMetrics Create()
    {
        ExitTally exits = new();
        ExitCounters counters = new();
        EchoDevice device = new();
        for (int i = 0; i < 7; i++)
        {
            // As if it had left the guest ever longer ago.
            long left = counters.LeaveGuest() - (1L << (6 * i));
            counters.EnterGuestAgain(i == 6 ? KvmExitReason.KVM_EXIT_MMIO : KvmExitReason.KVM_EXIT_IO, i < 5 ? device : null, left);
        }
        exits.Add(counters);
        return new MachineMetrics
        {
            UptimeNs = 1_500_000_000,
            Reboots = 2,
            ExitsByReason = exits.ByReason,
            ExitsByDevice = exits.ByDevice,
            Vcpus = [Vcpu(0, exits), Vcpu(1, new())],
            Disks = [new DiskMetrics { Name = "disk0", Reads = 3, ReadBytes = 4096, InFlight = 1, QueueSize = 256, Queues = [new DiskQueueMetrics { Queue = 0, Requests = 3, Bytes = 4096, Errors = 1, InFlight = 1, Size = 256 }] }],
            Balloon = new BalloonMetrics
            {
                TargetBytes = 8192,
                ActualBytes = 4096,
                HasDriver = true,
                ReportedBytes = 1 << 21,
                Guest = new GuestMemoryStatistics { FreeBytes = 77, MinorFaults = ulong.MaxValue },
            },
            Nets = [new NetMetrics { Name = "net0", LinkUp = true, Received = [new NetQueueMetrics { Frames = 3, Bytes = 300, Dropped = 1 }], Sent = [new NetQueueMetrics { Frames = 2, Bytes = 200, Errors = 1 }] }],
            ConsoleBytesDropped = 5,
            Log = new LogCounters(7, 2, 1),
            Process = new ProcessMetrics { ResidentBytes = 30, PrivateBytes = 20, OverheadBytes = 10, CpuNs = 250_000_000, Threads = 4, OpenFds = 12 },
            Memory = new MemoryMetrics(1 << 20, 1 << 19),
        };
    }

    private static VcpuMetrics Vcpu(int number, ExitTally exits) => new()
    {
        Vcpu = number,
        Exits = 7,
        ExitsByReason = exits.ByReason,
        ExitsByDevice = exits.ByDevice,
        Kicks = 1,
        RunNs = 1_000_000_000,
        HandlerNs = 2_000,
        WaitNs = 3_000,
        GuestNs = 4_000,
        CpuNs = 6_000,
        AccountedGuestNs = 0,
        UserNs = 0,
        SystemNs = 0,
    };
}
