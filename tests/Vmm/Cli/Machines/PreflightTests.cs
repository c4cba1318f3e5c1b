using Vmm.Cli.Check;
using Vmm.Cli.Machines;
using Vmm.Machine.Config;
using Vmm.Tests.Vmm.Storage;
using Xunit;

namespace Vmm.Tests.Vmm.Cli.Machines;

public sealed class PreflightTests : IDisposable
{
    private readonly ImageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static HostFinding Find(MachineConfig config, string name) =>
        Assert.Single(Preflight.Look(MachineConfigResolver.Resolve(config)), finding => finding.Name == name);

    [Fact]
    public void Everything_that_is_missing_is_told_at_once()
    {
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Kernel = "/missing/vmlinuz",
            Disk = [new() { Path = _folder.PathOf("missing.img") }, new() { Path = _folder.Image(4096), Id = "data" }],
        });
        IReadOnlyList<HostFinding> findings = Preflight.Look(config);
        Assert.Equal(["processors", "memory", "kernel", "disk disk0", "disk data"], findings.Select(finding => finding.Name));
        Assert.Equal(Verdict.Fails, findings[2].Verdict);
        Assert.Contains("/missing/vmlinuz", findings[2].Detail, StringComparison.Ordinal);
        Assert.Equal(Verdict.Fails, findings[3].Verdict);
        Assert.Contains("missing.img", findings[3].Detail, StringComparison.Ordinal);
        Assert.Equal(Verdict.Ok, findings[4].Verdict);
    }

    [Fact]
    public void Disk_that_somebody_writes_is_not_free()
    {
        MachineConfig config = new() { Disk = [new() { Path = _folder.Image(4096) }] };
        Assert.Equal(Verdict.Ok, Find(config, "disk disk0").Verdict);
        using global::Vmm.Storage.ImageFile writer = global::Vmm.Storage.ImageOpener.Open(new(_folder.PathOf("disk.img")) { Id = "other" });
        Assert.Equal(Verdict.Fails, Find(config, "disk disk0").Verdict);
    }

    [Fact]
    public void Memory_that_the_host_does_not_have_is_told()
    {
        Assert.Equal(Verdict.Fails, Find(new() { Memory = new() { Size = new(1UL << 40) } }, "memory").Verdict);
        Assert.Equal(Verdict.Ok, Find(new() { Memory = new() { Size = new(4UL << 20) } }, "memory").Verdict);
    }

    [Fact]
    public void Guest_that_is_built_in_needs_no_file()
    {
        Assert.Equal(Verdict.Ok, Find(new() { Firmware = "hello" }, "firmware").Verdict);
        HostFinding unknown = Find(new() { Firmware = "helo" }, "firmware");
        Assert.Equal(Verdict.Fails, unknown.Verdict);
        Assert.Contains("helo", unknown.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Processors_need_KVM()
    {
        HostFinding processors = Find(new() { Cpus = new() { Count = 2 } }, "processors");
        Assert.Equal(VmmProcess.HasKvm ? Verdict.Ok : Verdict.Fails, processors.Verdict);
        Assert.Contains(VmmProcess.HasKvm ? "2" : "/dev/kvm", processors.Detail, StringComparison.Ordinal);
    }
}
