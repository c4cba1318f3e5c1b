using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

public sealed class KvmRefusalTests
{
    [Fact]
    [Trait("Row", "55")]
    public void Missing_device_is_refused_with_the_command_that_loads_its_module() =>
        AssertRefused(Assert.Throws<VmmException>(() => KvmSystem.Open("/nonexistent/kvm")), "/nonexistent/kvm is missing", "sudo modprobe kvm_intel");

    [Fact]
    [Trait("Row", "55")]
    public void Device_that_is_not_KVM_is_refused() =>
        AssertRefused(Assert.Throws<VmmException>(() => KvmSystem.Open("/dev/null")), "/dev/null is not a KVM device");

    [Theory]
    [Trait("Row", "55")]
    [InlineData(nameof(Errno.EACCES), "is forbidden", "sudo")]
    [InlineData(nameof(Errno.EBUSY), "is busy", "stop it first")]
    [InlineData(nameof(Errno.ENODEV), "its module is not loaded", "sudo modprobe")]
    [InlineData(nameof(Errno.EMFILE), "no file descriptor left", "ulimit -n")]
    public void Device_that_cannot_be_opened_is_refused_with_the_remedy(string errno, string what, string remedy) =>
        AssertRefused(KvmRemedy.ForOpen("/dev/kvm", Enum.Parse<Errno>(errno)), "/dev/kvm", what, remedy);

    [Fact]
    [Trait("Row", "55")]
    public void Missing_capability_is_named() =>
        AssertRefused(KvmRemedy.ForMissing(KvmCapability.KVM_CAP_IRQFD), "KVM_CAP_IRQFD", "newer kernel");

    private static void AssertRefused(VmmException refused, params string[] parts)
    {
        Assert.Equal(ExitCodes.StartFailed, refused.ExitCode);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.All(parts, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }
}
