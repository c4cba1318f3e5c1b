using Vmm.Machine;
using Vmm.Host;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class AffinityTests
{
    [Theory]
    [InlineData("0-3", null, "0-3")]
    [InlineData("2", null, "2")]
    [InlineData("5+0-1", null, "0-1,5")]
    [InlineData("1:0+2", 1, "0,2")]
    public void Affinity_is_read_as_ranges(string text, int? vcpu, string processors)
    {
        IReadOnlyList<VcpuAffinity> affinity = AffinityResolver.Resolve(AffinityText.Parse(text), 2)!;
        Assert.Equal(vcpu, Assert.Single(affinity).Vcpu);
        Assert.Equal(processors, HostProcessors.Text(affinity[0].HostCpus));
    }

    [Fact]
    public void Each_vcpu_has_its_own_processors()
    {
        CpuConfig cpus = TopologyResolver.Resolve(new() { Count = 3, Affinity = AffinityText.Parse("0:0-1/1:2") });
        VcpuPinning pinning = VcpuPinning.Of(cpus, [0, 1, 2])!;
        Assert.Equal([0, 1], pinning.For(0));
        Assert.Equal([2], pinning.For(1));
        Assert.Null(pinning.For(2));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3-1")]
    [InlineData("0:")]
    [InlineData("0:1/2")]
    [InlineData("-1")]
    [InlineData("0-8192")]
    [InlineData("99999999999999999999")]
    [InlineData("0..3")]
    public void Wrong_form_is_refused_naming_affinity(string text) =>
        Assert.StartsWith("affinity: ", Assert.Throws<FormatException>(() => AffinityText.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("2:0", "there is no vCPU 2")]
    [InlineData("0:0/0:1", "vCPU 0 is named twice")]
    public void Vcpu_that_is_not_there_or_named_twice_is_refused(string text, string reason)
    {
        MachineConfigException wrong = Assert.Throws<MachineConfigException>(() => AffinityResolver.Resolve(AffinityText.Parse(text), 2));
        Assert.Equal("cpus.affinity", wrong.Field);
        Assert.Contains(reason, wrong.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_set_and_negative_processor_are_refused()
    {
        Assert.Throws<MachineConfigException>(() => AffinityResolver.Resolve([new() { HostCpus = [] }], 1));
        Assert.Throws<MachineConfigException>(() => AffinityResolver.Resolve([new() { HostCpus = [-1] }], 1));
    }

    [Fact]
    public void Processor_that_the_host_lacks_is_a_usage_error_naming_affinity()
    {
        CpuConfig cpus = TopologyResolver.Resolve(new() { Count = 1, Affinity = AffinityText.Parse("7") });
        VmmException wrong = Assert.Throws<VmmException>(() => VcpuPinning.Of(cpus, [0, 1]));
        Assert.Equal("--cpus: affinity: vmm may use no processor 7 on this host; those it may use: 0-1", wrong.Message);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void Limits_and_affinity_survive_a_machine_file()
    {
        MachineConfig config = new()
        {
            Cpus = new() { Count = 2, Affinity = AffinityText.Parse("0:0-1/1:1") },
            CpuShares = 512,
            CpuQuota = CpuQuota.Parse("150%"),
            MemoryMax = ByteSize.Parse("1G"),
        };
        MachineConfig again = MachineConfigFile.FromText("m.json", MachineConfigFile.Write(config)).Config;
        Assert.Equal(1, again.Cpus.Affinity![1].Vcpu);
        Assert.Equal([0, 1], again.Cpus.Affinity[0].HostCpus);
        Assert.Equal((512, config.CpuQuota, config.MemoryMax), (again.CpuShares, again.CpuQuota, again.MemoryMax));
    }

    [Fact]
    public void Thread_runs_where_it_is_kept()
    {
        int last = HostProcessors.Allowed()[^1];
        IReadOnlyList<int>? seen = null;
        Thread thread = new(() =>
        {
            HostProcessors.KeepThisThreadOn([last]);
            seen = HostProcessors.Allowed();
        });
        thread.Start();
        thread.Join();
        Assert.Equal([last], seen);
    }
}
