using System.Buffers.Binary;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>The tiny guests that drive virtio devices by hand, with the devices there.</summary>
public sealed class VirtioGuestTests : IDisposable
{
    private const int SectorSize = 512;
    private const int Sectors = 64;
    private const int Step = 3;

    private static readonly string s_vmm =
        Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "vmm");

    private readonly string _image = Path.Combine(Path.GetTempPath(), $"vmm-test-{Guid.NewGuid():N}.img");

    public VirtioGuestTests()
    {
        byte[] content = new byte[Sectors * SectorSize];
        for (int i = 0; i < Sectors; i++)
            BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(i * SectorSize), i * Step);
        File.WriteAllBytes(_image, content);
    }

    public void Dispose() => File.Delete(_image);

    [Fact]
    public async Task Blk_reads_every_sector_once_and_then_from_the_start_again()
    {
        GuestRun run = await RunAsync("n=66", "--disk", _image);

        run.AssertPrinted("blk: 64 sectors\r\n", "blk: 66 requests, ", $"add up to {Sectors * (Sectors - 1) / 2 * Step + Step}\r\n");
        Assert.Equal(ExitCodes.PoweredOff, run.ExitCode);
    }

    [Fact]
    public async Task Blk_writes_each_sectors_number_to_both_its_ends()
    {
        GuestRun run = await RunAsync($"n={Sectors} write=1", "--disk", _image);

        Assert.Equal(ExitCodes.PoweredOff, run.ExitCode);
        byte[] content = File.ReadAllBytes(_image);
        Assert.All(Enumerable.Range(0, Sectors), i =>
        {
            Assert.Equal(i, BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(i * SectorSize)));
            Assert.Equal(i, BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan((i + 1) * SectorSize - sizeof(long))));
        });
    }

    [Fact]
    [Trait("Row", "37")]
    public async Task Blk_is_told_that_a_read_only_disk_takes_no_writes()
    {
        GuestRun run = await RunAsync("write=1", "--disk", $"{_image},readonly=on");

        run.AssertPrinted("blk: the disk answered 1\r\n");
        Assert.Equal(1 << 1 | 1, run.ExitCode);
    }

    private static Task<GuestRun> RunAsync(string parameters, params string[] more)
    {
        KvmDevice.Require();
        return GuestRun.WatchAsync(s_vmm, ["run", "--firmware", "blk", "--memory", "4M", "--transport", "mmio", "--cmdline", parameters, .. more], "");
    }
}
