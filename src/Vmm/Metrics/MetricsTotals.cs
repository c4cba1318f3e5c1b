using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Block;
using Vmm.Logging;
using Vmm.Machine;
using Vmm.Machine.Build;

namespace Vmm.Metrics;

/// <summary>
/// What a machine has done, over all starts of its guest: every start builds a new machine, and each leaves its figures
/// here when it has ended. Any thread.
/// </summary>
internal sealed class MetricsTotals
{
    private readonly Lock _lock = new();
    // By vCPU: the machine's are their sum.
    private ExitTally[] _exits = [];
    private VcpuMetrics[] _vcpus = [];
    private DiskMetrics[] _disks = [];
    private VsockMetrics? _vsock;
    private BalloonMetrics? _balloon;
    private NetMetrics[] _nets = [];
    private long _configured;

    /// <summary>Keeps what a machine did that has ended, before it is disposed. Once for each.</summary>
    public void Add(MicroVm ended)
    {
        lock (_lock)
        {
            ExitTally[] exits = SumExits(ended.Machine);
            _vcpus = SumVcpus(ended.Machine, exits);
            _exits = exits;
            // Nothing is in flight any more.
            _disks = [.. SumDisks(ended).Select(disk => disk with { InFlight = 0, Queues = [.. disk.Queues.Select(queue => queue with { InFlight = 0 })] })];
            _vsock = VsockReader.Read(ended, _vsock) is { } vsock ? vsock with { Connections = 0 } : null;
            // A guest that is gone has nothing in its balloon.
            _balloon = ReadBalloon(ended) is { } balloon ? balloon with { ActualBytes = 0, HasDriver = false, Guest = null } : null;
            _nets = SumNets(ended);
            _configured = (long)ended.Ram.Memory.Size;
        }
    }

    /// <summary>All of it up to now.</summary>
    /// <param name="running">The machine as it runs now; it must not be disposed meanwhile. Null when there is none.</param>
    /// <param name="uptime">Since the first start.</param>
    /// <param name="reboots">How often the guest was started again.</param>
    /// <param name="consoleBytesDropped">Bytes of console output that nobody took.</param>
    /// <param name="log">What became of the lines of the log.</param>
    public MachineMetrics Snapshot(MicroVm? running, TimeSpan uptime, int reboots, long consoleBytesDropped, LogCounters log)
    {
        lock (_lock)
        {
            ExitTally[] exits = running is null ? _exits : SumExits(running.Machine);
            ExitTally all = new();
            foreach (ExitTally one in exits)
                all.Add(one);
            long resident = running is null ? 0 : (long)running.Ram.CountResident();
            return new MachineMetrics
            {
                UptimeNs = uptime.Ticks * TimeSpan.NanosecondsPerTick,
                Reboots = reboots,
                ExitsByReason = all.ByReason,
                ExitsByDevice = all.ByDevice,
                Vcpus = running is null ? _vcpus : SumVcpus(running.Machine, exits),
                Disks = running is null ? _disks : SumDisks(running),
                Vsock = running is null ? _vsock : VsockReader.Read(running, _vsock),
                Balloon = running is null ? _balloon : ReadBalloon(running),
                Nets = running is null ? _nets : SumNets(running),
                ConsoleBytesDropped = consoleBytesDropped,
                Log = log,
                Process = ProcessReader.Read(resident),
                Memory = new MemoryMetrics(running is null ? _configured : (long)running.Ram.Memory.Size, resident),
            };
        }
    }

    private ExitTally[] SumExits(VirtualMachine machine)
    {
        var sums = new ExitTally[machine.Dispatchers.Length];
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = new ExitTally();
            if (i < _exits.Length)
                sums[i].Add(_exits[i]);
            sums[i].Add(machine.Dispatchers[i].Counters);
        }
        return sums;
    }

    private VcpuMetrics[] SumVcpus(VirtualMachine machine, ExitTally[] exits) =>
        [.. exits.Select((tally, i) => VcpuReader.Read(machine, i, i < _vcpus.Length ? _vcpus[i] : null, tally))];

    /// <summary>Who looks at it again finds what the guest tells meanwhile.</summary>
    private BalloonMetrics? ReadBalloon(MicroVm vm)
    {
        if (vm.Device<VirtioBalloon>() is not { } balloon)
            return null;
        BalloonMetrics now = BalloonReader.Read(balloon, _balloon);
        balloon.RequestStatistics();
        return now;
    }

    private NetMetrics[] SumNets(MicroVm vm) =>
        [.. vm.Networks.Select((net, i) => NetReader.Read(net, i < _nets.Length ? _nets[i] : null))];

    private DiskMetrics[] SumDisks(MicroVm vm) =>
    [
        .. vm.Virtio.Where(core => core.Device is VirtioBlk)
            .Select((core, i) => DiskReader.Read(core, (VirtioBlk)core.Device, i < _disks.Length ? _disks[i] : null)),
    ];
}
