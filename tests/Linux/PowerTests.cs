using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>The ways a stock kernel ends or starts again.</summary>
public class PowerTests
{
    [Fact]
    public async Task Reboot_starts_the_same_machine_again_in_the_same_process()
    {
        using var disk = await GuestDisk.HelloAsync();
        await using var guest = await GuestMachine.BootAsync(new GuestSpec { Cpus = "2", Disks = [disk.Path] });
        await guest.RunAsync("mkdir -p /mnt && mount -t ext4 /dev/vda /mnt && echo before > /mnt/note.txt");
        await guest.SendAsync("umount /mnt; reboot -f");
        await guest.PromptAsync();
        Assert.Equal("2", await guest.RunAsync("nproc"));
        Assert.Equal("before", await guest.RunAsync("mkdir -p /mnt && mount -t ext4 /dev/vda /mnt && cat /mnt/note.txt"));
        Assert.Equal(0, await guest.PowerOffAsync());
    }

    [Fact]
    public async Task Reboot_ends_vmm_where_it_was_told_so()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestSpec { Options = ["--reboot", "exit"] });
        await guest.SendAsync("reboot -f");
        Assert.Equal(ExitCodes.PoweredOff, await guest.EndAsync());
        Assert.DoesNotContain("triple fault", guest.Session.Said);
    }

    /// <summary>With reboot=t Linux loads an empty IDT and takes an exception; panic=-1 reboots at once.</summary>
    [Fact]
    [Trait("Row", "49")]
    public async Task Kernel_panic_that_ends_in_a_triple_fault_is_reported_as_a_crash()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestSpec
        {
            CommandLine = "panic=-1 reboot=t",
            Options = ["--reboot", "exit"],
        });
        await guest.SendAsync("echo c > /proc/sysrq-trigger");
        Assert.Equal(ExitCodes.GuestCrashed, await guest.EndAsync());
        Assert.Contains("the guest crashed: triple fault", guest.Session.Said);
    }

    [Fact]
    [Trait("Row", "49")]
    public async Task Triple_fault_is_a_reset_where_resets_are_wanted()
    {
        await using var guest = await GuestMachine.BootAsync(new GuestSpec { CommandLine = "panic=-1 reboot=t" });
        await guest.SendAsync("echo c > /proc/sysrq-trigger");
        await guest.PromptAsync();
        Assert.Equal(0, await guest.PowerOffAsync());
    }
}
