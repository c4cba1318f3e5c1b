using Vmm.Host;
using Vmm.Host.Cgroups;
using Vmm.Machine;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed class CgroupTests
{
    private const string Unified = "25 1 0:22 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n";

    [Theory]
    [InlineData("0::/\n", "/sys/fs/cgroup")]
    [InlineData("0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope")]
    [InlineData("2:cpu:/x\n0::/y\n", "/sys/fs/cgroup/y")]
    public void Own_cgroup_is_found_below_the_mount(string cgroups, string own) =>
        Assert.Equal(new CgroupMount("/sys/fs/cgroup", own), CgroupMount.Parse(Unified, cgroups));

    [Fact]
    public void Mount_of_a_part_of_the_hierarchy_is_understood() =>
        Assert.Equal(
            new CgroupMount("/my cgroups", "/my cgroups/b"),
            CgroupMount.Parse("25 1 0:22 /a /my\\040cgroups rw - cgroup2 none rw\n", "0::/a/b\n"));

    [Theory]
    [InlineData("25 1 0:22 / /sys/fs/cgroup rw - cgroup2 none rw", "2:cpu:/\n")]
    [InlineData("25 1 0:22 / /sys/fs/cgroup rw - cgroup2 none rw", "0::/../x\n")]
    [InlineData("25 1 0:22 /a /sys/fs/cgroup rw - cgroup2 none rw", "0::/ab\n")]
    [InlineData("25 1 0:22 / /sys/fs/cgroup/cpu rw - cgroup none rw,cpu", "0::/\n")]
    [InlineData("", "0::/\n")]
    public void Host_without_a_visible_cgroup_2_has_none(string mounts, string cgroups) =>
        Assert.Null(CgroupMount.Parse(mounts, cgroups));

    [Theory]
    [InlineData("low 0\nhigh 0\nmax 31\noom 1\noom_kill 1\n", true)]
    [InlineData("low 0\nhigh 0\nmax 31\noom 1\noom_kill 0\n", false)]
    [InlineData("oom_kill", false)]
    [InlineData("oom_kill many", false)]
    [InlineData("", false)]
    public void Left_cgroup_tells_whether_memory_ran_out_in_it(string events, bool ranOut)
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory();
        try
        {
            File.WriteAllText(Path.Combine(root.CreateSubdirectory("user.slice/vmm-a-12").FullName, "memory.events"), events);
            Assert.Equal(ranOut, CgroupRemains.TellOfNoMemory("a", 12, root.FullName));
            Assert.False(CgroupRemains.TellOfNoMemory("a", 13, root.FullName));
            Assert.False(CgroupRemains.TellOfNoMemory("a", 12, $"{root.FullName}/none"));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1024, 100)]
    [InlineData(2048, 200)]
    [InlineData(262144, 10000)]
    public void Shares_become_a_weight_in_proportion(int shares, long weight) =>
        Assert.Equal(weight, CgroupLimit.Weight(shares));

    [Theory]
    [InlineData("50%", "50000 100000", "50%")]
    [InlineData("200%", "200000 100000", "200%")]
    [InlineData("5000/20000", "5000 20000", "5000/20000")]
    public void Quota_is_written_as_cpu_max_wants_it(string text, string file, string shown)
    {
        CpuQuota quota = CpuQuota.Parse(text);
        Assert.Equal(file, Assert.Single(CgroupLimit.Of(new() { CpuQuota = quota })).Value);
        Assert.Equal(shown, quota.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("50")]
    [InlineData("0%")]
    [InlineData("-5%")]
    [InlineData("99999999999999999999%")]
    [InlineData("1000/0")]
    [InlineData("999/1000")]
    [InlineData("1000/1000001")]
    [InlineData("/")]
    public void Wrong_quota_is_refused(string text) => Assert.Throws<FormatException>(() => CpuQuota.Parse(text));

    [Theory]
    [InlineData(1)]
    [InlineData(262145)]
    public void Shares_out_of_range_are_refused(int shares) =>
        Assert.Equal("cpu-shares", Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(new() { CpuShares = shares })).Field);

    [Fact]
    public void Less_memory_than_the_guest_has_is_refused() =>
        Assert.Equal("memory-max", Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(new() { MemoryMax = ByteSize.Parse("1M") })).Field);

    [Theory]
    [InlineData("vmm-web-12", 12)]
    [InlineData("vmm-web-1-34", 34)]
    [InlineData("vmm-12", null)]
    [InlineData("vmm-web-x", null)]
    [InlineData("other-web-12", null)]
    public void Only_cgroups_of_vmm_are_swept(string name, int? process) => Assert.Equal(process, CgroupName.ProcessOf(name));

    [Fact]
    public void No_limit_needs_no_cgroup() => Assert.Null(CgroupPlacement.Enter(new MachineConfig()));

    [Fact]
    public void Host_without_the_controller_is_told_with_the_remedy_and_nothing_is_left_behind()
    {
        string root = Directory.CreateTempSubdirectory("vmm-test-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(root, "cgroup.controllers"), "memory\n");
            VmmException wrong = Assert.Throws<VmmException>(() =>
                CgroupPlacement.Enter("web", CgroupLimit.Of(new() { CpuQuota = CpuQuota.Parse("50%") }), new CgroupMount(root, root)));
            Assert.StartsWith("--cpu-quota: ", wrong.Message, StringComparison.Ordinal);
            Assert.Contains("no 'cpu' controller", wrong.Message, StringComparison.Ordinal);
            Assert.Equal(ExitCodes.StartFailed, wrong.ExitCode);
            Assert.Empty(Directory.GetDirectories(root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Failed_placement_removes_the_cgroup_that_it_made()
    {
        // A plain folder offers the controllers but has no cpu.max in it: the write fails as on a kernel without it.
        string root = Directory.CreateTempSubdirectory("vmm-test-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(root, "cgroup.controllers"), "cpu\n");
            File.WriteAllText(Path.Combine(root, "cgroup.subtree_control"), "cpu\n");
            Assert.Throws<VmmException>(() =>
                CgroupPlacement.Enter("web", CgroupLimit.Of(new() { CpuQuota = CpuQuota.Parse("50%") }), new CgroupMount(root, root)));
            Assert.Empty(Directory.GetDirectories(root));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
