using Vmm.Bench.Exits;

namespace Vmm.Tests.Vmm.Bench;

/// <summary>Small reports for tests.</summary>
internal static class Reports
{
    public static HostRecord Host { get; } = new()
    {
        Date = "2026-11-30 12:00Z",
        Vmm = "1.2.3",
        Processor = "A|B <Processor>",
        Microcode = "0x1",
        Processors = 2,
        Kernel = "6.1.0 #1",
        KvmModules = ["kvm", "kvm_x"],
        KvmParameters = new Dictionary<string, string> { ["kvm.halt_poll_ns"] = "200000" },
        Mitigations = new Dictionary<string, string> { ["meltdown"] = "Not affected", ["spectre_v2"] = "Mitigation: a, b" },
        Governor = "none",
        Nesting = "the host is no guest",
        TscKhz = 1_000_000,
        Pinned = "vCPU on 1, everything else on 0",
        Amount = "2 batches of 4 samples",
        Compiler = "/usr/bin/gcc",
    };

    /// <summary>A measured row, one that C could not, and one that nobody could.</summary>
    public static ExitsReport Three { get; } = new()
    {
        Host = Host,
        Rows =
        [
            Row("portio", [[1000, 1010, 1020, 9000], [1000, 1010, 1030, 1040]]) with
            {
                C = Samples.Describe(Batches([[900, 1000, 1010, 1020], [1000, 1000, 1010, 1020]]), Host.TscKhz, 0),
                Ratio = 1.0125,
                RatioLow = 1,
                RatioHigh = 1.025,
                AccountingRatio = 1.001,
                AccountingLow = 0.99,
                AccountingHigh = 1.01,
            },
            Row("cpuid", [[50, 60, 70, 80]]) with { CReason = "no, \"sorry\"" },
            new() { Name = "vmcall", What = "hypercall", LeavesTo = "kernel", Reason = "did not end", CReason = "neither" },
        ],
    };

    public static ExitResult Row(string name, ulong[][] batches)
    {
        ExitFigures f = Samples.Describe(Batches(batches), Host.TscKhz, 0);
        return new()
        {
            Name = name,
            What = $"what {name} is",
            LeavesTo = "user",
            Samples = f.Samples,
            MinNs = f.MinNs,
            P50Ns = f.P50Ns,
            P90Ns = f.P90Ns,
            P99Ns = f.P99Ns,
            P999Ns = f.P999Ns,
            MaxNs = f.MaxNs,
            MinCycles = f.MinCycles,
            P50Cycles = f.P50Cycles,
            P90Cycles = f.P90Cycles,
            P99Cycles = f.P99Cycles,
            P999Cycles = f.P999Cycles,
            MaxCycles = f.MaxCycles,
            OutsideNs = f.OutsideNs,
            MediansNs = f.MediansNs,
            Histogram = f.Histogram,
        };
    }

    public static IReadOnlyList<Batch> Batches(ulong[][] samples) => [.. samples.Select(batch => new Batch(batch, 2000, null))];
}
