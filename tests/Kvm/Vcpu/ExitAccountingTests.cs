using Vmm.Guest.Memory;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Vmm.Metrics;
using Xunit;

namespace Vmm.Tests.Kvm.Vcpu;

/// <summary>What is counted and timed of a guest whose exits are known.</summary>
public class ExitAccountingTests
{
    private const int Writes = 200;

    /// <summary>mov cx, 200; again: out 0x11, al; loop again; out 0xf4, al; jmp $</summary>
    private static readonly byte[] PortLoop = [0xb9, Writes, 0x00, 0xe6, 0x11, 0xe2, 0xfc, 0xe6, 0xf4, 0xeb, 0xfe];

    [Fact]
    public void Every_exit_of_a_known_guest_is_counted_once_and_timed()
    {
        using RealModeMachine guest = new(PortLoop);
        RecordingCounter device = new();
        guest.Ports.TryAdd(0x11, 1, device);
        guest.Ports.TryAdd(0xf4, 1, new RecordingDevice("end") { Written = (_, _) => guest.Machine.End(new MachineOutcome(OutcomeKind.Stopped)) });
        guest.Machine.Start();
        guest.Machine.WaitForEnd();

        ExitCounters counters = guest.Machine.Dispatchers[0].Counters;
        Assert.Equal(Writes + 1, counters.CountOf(KvmExitReason.KVM_EXIT_IO));
        Assert.Equal(Writes, counters.CountOf(device));
        LatencyHistogram ports = new();
        foreach (ExitKind kind in counters.Kinds.Where(kind => kind.IsAccess))
            ports.Add(kind.Latency);
        Assert.Equal(Writes + 1, ports.Count);
        Assert.Equal(counters.HandlerTime, counters.Kinds.Sum(kind => kind.Latency.Total));
        Assert.InRange(ports.Quantile(0.5), 1, ports.Max);
        Assert.InRange(ports.Total, ports.Max, ports.Max * ports.Count);
        Assert.InRange(counters.Kinds.Sum(kind => kind.Run.Total), 1, counters.RunTime);

        VcpuMetrics vcpu = VcpuReader.Read(guest.Machine, 0, before: null, new ExitTally());
        Assert.Equal(counters.Exits, vcpu.Exits);
        Assert.True(vcpu.CpuNs > 0);
        Assert.Equal(vcpu.RunNs, VcpuReader.Read(guest.Machine, 0, before: null, new ExitTally()).RunNs);
        Assert.Equal(2 * vcpu.RunNs, VcpuReader.Read(guest.Machine, 0, vcpu, new ExitTally()).RunNs);
        ulong resident = guest.Ram.CountResident();
        Assert.InRange(resident, 1ul, MemoryLayout.MinimumRam);
    }
}
