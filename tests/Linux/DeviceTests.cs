using Vmm.Lab.Hosts;
using Vmm.Lab.Images;
using Vmm.Tests.Linux.Guests;
using Xunit;

namespace Vmm.Tests.Linux;

/// <summary>What only a real kernel shows of the disks and the processors: one boot a transport.</summary>
public class DeviceTests
{
    private const int BlankMiB = 16;

    [Theory]
    [InlineData("pci")]
    [InlineData("mmio")]
    public async Task Disks_and_processors_are_what_the_command_line_said(string transport)
    {
        using var first = await GuestDisk.HelloAsync();
        using var sealedDisk = await GuestDisk.HelloAsync();
        using var direct = GuestDisk.Blank(BlankMiB);
        var host = await LabHost.EnsureAsync();
        // 9p cannot punch holes; L1's tmpfs can.
        var trimmed = $"/tmp/trimmed-{transport}.img";
        (await host.RunAsync($"truncate -s {BlankMiB}M {trimmed} && dd if=/dev/urandom of={trimmed} bs=1M count={BlankMiB} conv=notrunc 2>/dev/null")).EnsureSuccess();
        await using var guest = await GuestMachine.BootAsync(new GuestSpec
        {
            Transport = transport,
            Cpus = "4,sockets=1,cores=2,threads=2",
            Disks =
            [
                first.Path + ",id=first-disk", sealedDisk.Path + ",readonly=on,id=sealed",
                direct.Path + ",direct=on", trimmed + ",id=trimmed",
            ],
            Options = ["--cpu", "host,-sse4_2"],
        });

        await AssertOrderAndNamesAsync(guest);
        await AssertReadOnlyAsync(guest);
        await AssertDirectAsync(guest, direct);
        await AssertEraseAsync(guest, host, trimmed);
        await AssertSecondOpenerIsRefusedAsync(host, first);
        await AssertProcessorsAsync(guest);

        Assert.Equal(0, await guest.PowerOffAsync());
        Assert.Equal(0, (await host.RunAsync($"rm {trimmed}")).ExitCode);
    }

    private static async Task AssertOrderAndNamesAsync(GuestMachine guest)
    {
        Assert.Equal("first-disk\nsealed", await guest.RunAsync("cat /sys/block/vda/serial; echo; cat /sys/block/vdb/serial"));
        Assert.Equal("trimmed", await guest.RunAsync("cat /sys/block/vdd/serial"));
        Assert.Equal($"131072\n131072\n{BlankMiB * 2048}\n{BlankMiB * 2048}", await guest.RunAsync("cat /sys/block/vd?/size"));
        Assert.Equal("write back", await guest.RunAsync("cat /sys/block/vda/queue/write_cache"));
    }

    private static async Task AssertReadOnlyAsync(GuestMachine guest)
    {
        Assert.Equal("0\n1\n0\n0", await guest.RunAsync("cat /sys/block/vd?/ro"));
        Assert.NotEqual(0, (await guest.TryAsync("dd if=/dev/zero of=/dev/vdb bs=4096 count=1 conv=fsync")).Code);
        await guest.RunAsync("mkdir -p /sealed && mount -t ext4 -o ro /dev/vdb /sealed");
        Assert.Equal(DiskImage.HelloText, await guest.RunAsync("cat /sealed/hello.txt"));
    }

    private static async Task AssertDirectAsync(GuestMachine guest, GuestDisk direct)
    {
        await guest.RunAsync($"dd if=/dev/urandom of=/tmp/data bs=1M count={BlankMiB} 2>/dev/null; dd if=/tmp/data of=/dev/vdc bs=1M conv=fsync 2>/dev/null");
        var sum = await guest.RunAsync("sha256sum < /tmp/data | cut -c 1-64");
        Assert.Equal(sum, await guest.RunAsync("echo 3 > /proc/sys/vm/drop_caches; sha256sum < /dev/vdc | cut -c 1-64"));
        Assert.Equal(sum, (await Vmm.Lab.Cache.Tool.RunAsync("sha256sum", [direct.Path]))[..64]);
    }

    /// <summary>Discard gives the host its blocks back; write zeroes reads as zeroes; what lies beside stays.</summary>
    private static async Task AssertEraseAsync(GuestMachine guest, ILabHost host, string image)
    {
        async Task<long> BlocksAsync() => long.Parse((await host.RunAsync($"stat -c %b {image}")).EnsureSuccess().Output);
        var before = await BlocksAsync();
        var beside = await guest.RunAsync("dd if=/dev/vdd bs=1M skip=8 2>/dev/null | sha256sum");
        await guest.RunAsync("blkdiscard -o 0 -l 4194304 /dev/vdd");
        var discarded = await BlocksAsync();
        Assert.InRange(discarded, 0, before - (4 << 20) / 512);
        // The kernel turns this into WRITE_ZEROES when the disk takes it.
        Assert.NotEqual("0", await guest.RunAsync("cat /sys/block/vdd/queue/write_zeroes_max_bytes"));
        await guest.RunAsync("fallocate -o 4194304 -l 4194304 /dev/vdd || dd if=/dev/zero of=/dev/vdd bs=1M seek=4 count=4 conv=fsync");
        Assert.Equal("0", await guest.RunAsync("dd if=/dev/vdd bs=1M count=4 2>/dev/null | tr -d '\\000' | wc -c"));
        Assert.Equal(beside, await guest.RunAsync("echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vdd bs=1M skip=8 2>/dev/null | sha256sum"));
    }

    private static async Task AssertSecondOpenerIsRefusedAsync(ILabHost host, GuestDisk held)
    {
        var second = await host.RunAsync($"{GuestSpec.Program} run --firmware hello --memory 2M --disk {held.Path}");
        Assert.Equal(ExitCodes.StartFailed, second.ExitCode);
        Assert.Contains(held.Path, second.Error);
    }

    private static async Task AssertProcessorsAsync(GuestMachine guest)
    {
        Assert.Equal("0-1\n0-1\n2-3\n2-3", await guest.RunAsync("cat /sys/devices/system/cpu/cpu?/topology/thread_siblings_list"));
        Assert.Equal("0\n0\n0\n0", await guest.RunAsync("cat /sys/devices/system/cpu/cpu?/topology/physical_package_id"));
        var flags = await guest.RunAsync("grep -m 1 ^flags /proc/cpuinfo");
        Assert.Contains(" sse4_1 ", flags);
        Assert.DoesNotContain(" sse4_2 ", flags);
        Assert.Contains(" hypervisor ", flags);
    }
}
