using Vmm.Guest.Cpu.Cpuid;
using Vmm.Host;
using Vmm.Kvm.State;
using Xunit;

namespace Vmm.Tests.Vmm.State;

/// <summary>Whether a guest can go on on another host is said before anything starts, and what is missing by name.</summary>
public sealed class ProcessorFitTests
{
    [Fact]
    public void Host_of_the_same_kind_lacks_nothing() => Assert.Empty(ProcessorFit.FindMissing(SampleRecords.Processor(), Host()));

    [Theory]
    [Trait("Row", "76")]
    [InlineData("avx")]
    [InlineData("aes")]
    [InlineData("avx2")]
    [InlineData("sse2")]
    public void Missing_feature_is_named(string feature)
    {
        HostOffer host = Host();
        foreach (CpuFeatureBit bit in CpuFeatureTable.Find(feature))
        {
            int at = Array.FindIndex(host.Cpuid, e => e.Function == bit.Function && e.Index == bit.Index);
            host.Cpuid[at] = host.Cpuid[at].With(bit.Register, host.Cpuid[at][bit.Register] & ~(1U << bit.Bit));
        }
        Assert.Equal([feature], ProcessorFit.FindMissing(SampleRecords.Processor(), host));
        VmmException refused = Assert.Throws<VmmException>(() => ProcessorFit.Check(SampleRecords.Processor(), host));
        Assert.Contains($"lacks {feature};", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "76")]
    public void Processor_of_another_maker_is_named()
    {
        HostOffer host = Host();
        host.Cpuid[0] = host.Cpuid[0] with { Ebx = 0x68747541, Edx = 0x69746e65, Ecx = 0x444d4163 };
        Assert.Equal(["being made by GenuineIntel (it is made by AuthenticAMD)"], ProcessorFit.FindMissing(SampleRecords.Processor(), host));
    }

    [Fact]
    public void Feature_that_this_hosts_kvm_adds_unasked_is_there()
    {
        HostOffer host = Host();
        CpuFeatureBit avx = CpuFeatureTable.Find("avx")[0];
        int at = Array.FindIndex(host.Cpuid, e => e.Function == avx.Function && e.Index == avx.Index);
        CpuidEntry whole = host.Cpuid[at];
        host.Cpuid[at] = whole.With(avx.Register, whole[avx.Register] & ~(1U << avx.Bit));
        Assert.Empty(ProcessorFit.FindMissing(SampleRecords.Processor(), host with { Given = [whole] }));
    }

    [Theory]
    [InlineData(2_400_100, false, true)]
    [InlineData(2_500_000, false, false)]
    [InlineData(2_500_000, true, true)]
    public void Counter_of_another_frequency_is_missing_unless_it_is_close_or_can_be_scaled(uint khz, bool scales, bool fits) =>
        Assert.Equal(fits, ProcessorFit.FindMissing(SampleRecords.Processor(), Host() with { TscKhz = khz, ScalesTsc = scales }).Count == 0);

    [Fact]
    public void Deadline_timer_is_what_the_capability_says() =>
        Assert.Equal(["tsc_deadline_timer"], ProcessorFit.FindMissing(SampleRecords.Processor(), Host() with { HasTscDeadline = false }));

    /// <summary>A host like that of the sample, whose list lacks what KVM's lists lack.</summary>
    private static HostOffer Host()
    {
        const uint deadlineTimer = 1 << 24, hypervisor = 1U << 31, osxsave = 1 << 27;
        CpuidEntry[] table = [.. SampleRecords.Processor().Cpuid.Select(e => new CpuidEntry((uint)e.Function, (uint)e.Index, (uint)e.Flags, (uint)e.Eax, (uint)e.Ebx, (uint)e.Ecx, (uint)e.Edx))];
        table[1] = table[1] with { Ecx = table[1].Ecx & ~(deadlineTimer | hypervisor | osxsave) };
        return new HostOffer(table, 2_400_000, ScalesTsc: false, HasTscDeadline: true, XsaveSize: 4096, Given: []);
    }
}
