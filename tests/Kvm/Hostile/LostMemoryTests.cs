using System.Text.RegularExpressions;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Hostile;

/// <summary>Somebody cuts the memory file of a snapshot that a guest was restored from, and runs by.</summary>
[Trait("Row", "56")]
public sealed class LostMemoryTests
{
    /// <summary>A clone that is held, of a snapshot whose memory was cut after that; $1 names the folder.</summary>
    private const string CutUnderClone = """
        set -e
        cd "$(mktemp -d)"
        trap 'for vm in whole clone; do $vmm rm --force $vm; done >/dev/null 2>&1; rm -r "$PWD"' EXIT
        export VMM_HOME="$PWD/vms"
        $vmm run -d --name whole --firmware vigil --memory 16M --cmdline 'ticks=0 pages=1024 rate=512 hz=20' >/dev/null
        $vmm snapshot whole snap >/dev/null
        $vmm restore snap -d --paused --name clone >/dev/null
        truncate -s 0 snap/memory
        set +e
        """;

    /// <summary>The vCPU gets EFAULT; the process SIGBUS where a KVM emulates the guest's access in the process's own name.</summary>
    [Fact]
    public async Task Guest_that_touches_what_was_cut_ends_and_the_reason_is_told()
    {
        KvmDevice.Require();
        GuestRun run = await ShellRun.WatchAsync($"{CutUnderClone}\n$vmm resume clone; $vmm wait clone; code=$?; cat vms/clone/vmm.log; $vmm list; exit $code");
        Assert.Equal(ExitCodes.Internal, run.ExitCode);
        Assert.Matches(@"memory of the guest is lost \((KVM_RUN of vCPU 0: EFAULT|SIGBUS)\)", run.Output);
        Assert.Contains("failed (12)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Output, StringComparison.Ordinal);
    }

    /// <summary>The process gets SIGBUS: a thread of its own reads the guest's memory.</summary>
    [Fact]
    public async Task Device_that_touches_what_was_cut_ends_the_process_and_the_reason_is_told()
    {
        KvmDevice.Require();
        ShellRun.RequireShipped();
        GuestRun run = await ShellRun.WatchAsync($"{CutUnderClone}\n$vmm inspect clone memory 0x100000 --physical; $vmm wait clone; code=$?; cat vms/clone/vmm.log; $vmm list; exit $code");
        Assert.Equal(ExitCodes.Internal, run.ExitCode);
        // Once, however often the thread that is stuck touches it until the process has ended.
        Assert.Single(Regex.Matches(run.Output, @"memory of the guest is lost \(SIGBUS\)"));
        Assert.Contains("failed (12)", run.Output, StringComparison.Ordinal);
    }
}
