using System.Globalization;
using Vmm.Host;
using Vmm.Kvm;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Time that the host took from a guest reaches it.</summary>
public sealed class StealTests
{
    /// <summary>KVM_CPUID_FEATURES, and KVM_FEATURE_STEAL_TIME in its EAX.</summary>
    private const uint FeatureLeaf = 0x4000_0001, StealFeature = 1 << 5;

    private static readonly string s_vmm =
        Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "vmm");

    [Fact]
    public async Task Vcpus_kept_on_one_processor_wait_for_each_other_and_know_it()
    {
        KvmDevice.Require();
        using (KvmSystem kvm = KvmSystem.Open())
            Assert.SkipUnless(kvm.GetSupportedCpuid().Any(e => e.function == FeatureLeaf && (e.eax & StealFeature) != 0), "this KVM tells no steal time");
        string[] arguments = ["run", "--firmware", "steal", "--cpus", $"1,affinity={HostProcessors.Allowed()[0]}", "--cmdline", "n=5 mcycles=400"];

        GuestRun[] runs = await Task.WhenAll(GuestRun.WatchAsync(s_vmm, arguments, ""), GuestRun.WatchAsync(s_vmm, arguments, ""));

        Assert.All(runs, run => Assert.Equal(ExitCodes.PoweredOff, run.ExitCode));
        // Whoever starts late may have the processor alone; the two together cannot.
        Assert.True(runs.Sum(Stolen) > 0, string.Join('|', runs.Select(run => run.Output)));
    }

    /// <summary>The last counter that a guest printed, in ns.</summary>
    private static long Stolen(GuestRun run)
    {
        string last = run.Output.Split("steal: ")[^1];
        return long.Parse(last[..last.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }
}
