using Vmm.Bench.Exits;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Bench;

/// <summary><c>vmm bench exits</c> on the real KVM: whatever this one can and cannot do, it ends, and says so.</summary>
[Trait("Lab", "too-slow")]
public sealed class ExitsBenchTests
{
    /// <summary>Long enough for a batch on a busy machine; a row that hangs costs it twice, once for each program.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void Every_row_ends_measured_or_with_a_reason()
    {
        KvmDevice.Require();
        List<string> told = [];
        using ExitsBench bench = new(new BatchSize(2, 60), s_patience);

        ExitsReport report = bench.Run(ExitRows.All, told.Add);

        Assert.Equal(ExitRows.All.Select(row => row.Name), told);
        Assert.Equal(told, report.Rows.Select(row => row.Name));
        Assert.All(report.Rows, row => Assert.True(row.P50Ns is not null ^ row.Reason is not null, row.Name));
        Assert.All(report.Rows.Where(row => row.P50Ns is not null), row =>
        {
            Assert.True(row.MinNs <= row.P50Ns && row.P50Ns <= row.P99Ns && row.P99Ns <= row.P999Ns && row.P999Ns <= row.MaxNs, row.Name);
            Assert.Equal(2, row.MediansNs!.Count);
            Assert.True(row.OutsideNs > 0, row.Name);
        });
        // Ports, memory and CPUID are what every KVM can do.
        Assert.All(["immediate_exit", "rdtsc", "portio-no-eventfd", "inl_from_qemu", "mmio_read", "cpuid"],
            name => Assert.Null(report.Rows.Single(row => row.Name == name).Reason));
        Assert.NotEmpty(ExitsText.Table(report));
        Assert.NotEmpty(ExitsHtml.Write(report));
        if (CExits.FindCompiler() is not null)
            Assert.NotNull(report.Rows.Single(row => row.Name == "portio-no-eventfd").Ratio);
    }
}
