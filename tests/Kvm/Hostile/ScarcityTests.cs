using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Hostile;

/// <summary>The whole program on a host that has not enough of something.</summary>
public class ScarcityTests
{
    /// <summary>Descriptors run out one call later each time, until there are enough.</summary>
    [Fact]
    [Trait("Row", "54")]
    public async Task Every_shortage_of_descriptors_is_told_in_one_line()
    {
        KvmDevice.Require();
        ShellRun.RequireShipped();
        const int least = 5, most = 64;
        for (int limit = least; limit < most; limit++)
        {
            GuestRun run = await ShellRun.WatchAsync($"ulimit -n {limit}; exec $vmm run --firmware hello --memory 2M");
            if (run.ExitCode == ExitCodes.PoweredOff)
                return;
            Assert.True(run.ExitCode == ExitCodes.StartFailed, $"with {limit} descriptors: {run.ExitCode}, {run.Errors}");
            ShellRun.AssertRefused(run, "EMFILE");
        }
        Assert.Fail($"{most} descriptors are not enough for a tiny guest");
    }

    [Fact]
    [Trait("Row", "54")]
    public async Task Address_space_that_does_not_suffice_is_told_with_the_size()
    {
        KvmDevice.Require();
        ShellRun.RequireShipped();
        // 8 GB are plenty for the program, and less than the guest's memory.
        ShellRun.AssertRefused(await ShellRun.WatchAsync("ulimit -v 8000000; exec $vmm run --firmware hello --memory 9G"), "9216 MiB (ENOMEM)");
    }

    [Fact]
    [Trait("Row", "55")]
    public async Task User_who_may_not_use_kvm_is_told_how_to_get_there()
    {
        KvmDevice.Require();
        // The development build's parts lie where only root may read.
        ShellRun.RequireShipped();
        Assert.SkipUnless(Environment.UserName == "root", "only root can become another user");
        Assert.SkipWhen((File.GetUnixFileMode("/dev/kvm") & UnixFileMode.OtherWrite) != 0, "everybody may use /dev/kvm here");
        GuestRun run = await ShellRun.WatchAsync("exec setpriv --reuid 65534 --regid 65534 --clear-groups $vmm run --firmware hello");
        ShellRun.AssertRefused(run, "usermod -aG kvm");
    }

    [Fact]
    [Trait("Row", "55")]
    public async Task Host_without_kvm_is_told_which_module_to_load()
    {
        const string noMounts = "exit 77";
        GuestRun run = await ShellRun.WatchAsync($"unshare -m true 2>/dev/null || {noMounts}; exec unshare -m sh -c \"mount -t tmpfs none /dev && exec $vmm run --firmware hello\"");
        Assert.SkipWhen(run.ExitCode == 77, "no mount namespaces for this user");
        ShellRun.AssertRefused(run, "modprobe kvm_");
    }
}
