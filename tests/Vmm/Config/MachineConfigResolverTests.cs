using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Config;

public sealed class MachineConfigResolverTests
{
    private static MachineConfigException Refused(MachineConfig config) =>
        Assert.Throws<MachineConfigException>(() => MachineConfigResolver.Resolve(config));

    [Fact]
    public void Nothing_asked_for_gives_the_monitor()
    {
        MachineConfig machine = MachineConfigResolver.Resolve(new());
        Assert.Equal("monitor", machine.Firmware);
        Assert.Equal("", machine.Cmdline);
        Assert.Equal(new CpuTopology(1, 1, 1, 1), machine.Cpus.Topology);
        Assert.Equal(ConsoleTarget.Tty, machine.Console);
        Assert.Equal(ConsoleTarget.Off, machine.VirtioConsole);
    }

    [Theory]
    [InlineData(4, null, null, null, 1, 4, 1)]
    [InlineData(4, 2, null, null, 2, 2, 1)]
    [InlineData(8, 2, null, 2, 2, 2, 2)]
    [InlineData(8, null, 2, 2, 2, 2, 2)]
    [InlineData(8, 2, 2, null, 2, 2, 2)]
    [InlineData(null, 2, 3, null, 2, 3, 1)]
    [InlineData(null, null, null, 2, 1, 1, 2)]
    [InlineData(64, 4, 8, 2, 4, 8, 2)]
    public void Topology_is_completed_to_match_the_count(int? count, int? sockets, int? cores, int? threads, int s, int c, int t)
    {
        MachineConfig machine = MachineConfigResolver.Resolve(new() { Cpus = new() { Count = count, Sockets = sockets, Cores = cores, Threads = threads } });
        Assert.Equal(new CpuTopology(s * c * t, s, c, t), machine.Cpus.Topology);
        Assert.Equal(count ?? (s * c * t), machine.Cpus.Topology.Count);
    }

    [Theory]
    [InlineData(4, 3, null, null, "cpus")]
    [InlineData(4, 2, 2, 2, "cpus")]
    [InlineData(2, 2, 2, null, "cpus")]
    [InlineData(0, null, null, null, "cpus.count")]
    [InlineData(-1, null, null, null, "cpus.count")]
    [InlineData(65, null, null, null, "cpus.count")]
    [InlineData(null, 8, 8, 2, "cpus.count")]
    [InlineData(null, 0, null, null, "cpus.sockets")]
    [InlineData(null, null, int.MaxValue, 2, "cpus.cores")]
    [InlineData(null, null, null, int.MinValue, "cpus.threads")]
    public void Topology_that_does_not_match_is_refused(int? count, int? sockets, int? cores, int? threads, string field) =>
        Assert.Equal(field, Refused(new() { Cpus = new() { Count = count, Sockets = sockets, Cores = cores, Threads = threads } }).Field);

    [Theory]
    [InlineData("0", false, "too little")]
    [InlineData("1M", false, "too little")]
    [InlineData("2097153B", false, "not a multiple of a page")]
    [InlineData("3M", true, "not a multiple of a huge page")]
    [InlineData("5T", false, "too much")]
    [InlineData("17592186044415", false, "too much")]
    [Trait("Row", "87")]
    public void Memory_that_cannot_be_is_refused(string size, bool hugepages, string reason)
    {
        MachineConfigException wrong = Refused(new() { Memory = new() { Size = ByteSize.Parse(size), Hugepages = hugepages } });
        Assert.Equal("memory.size", wrong.Field);
        Assert.Contains(reason, wrong.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Smallest_guest_is_allowed() =>
        Assert.Equal(2UL << 20, MachineConfigResolver.Resolve(new() { Memory = new() { Size = ByteSize.Parse("2M") } }).Memory.Size.Bytes);

    [Fact]
    public void One_file_as_two_disks_is_refused_however_it_is_written()
    {
        MachineConfigException wrong = Refused(new() { Disk = [new() { Path = "/tmp/a.img" }, new() { Path = "/tmp/../tmp/a.img" }] });
        Assert.Equal("disk[1].path", wrong.Field);
    }

    [Fact]
    public void Readonly_disks_may_share_a_file() =>
        Assert.Equal(2, MachineConfigResolver.Resolve(new() { Disk = [new() { Path = "a", Readonly = true }, new() { Path = "a", Readonly = true }] }).Disk.Count);

    [Fact]
    public void Disks_without_an_id_get_one_that_is_free()
    {
        MachineConfig machine = MachineConfigResolver.Resolve(new() { Disk = [new() { Path = "a" }, new() { Path = "b", Id = "disk0" }, new() { Path = "c" }] });
        Assert.Equal(["disk1", "disk0", "disk2"], machine.Disk.Select(disk => disk.Id));
    }

    [Theory]
    [InlineData("twice", "twice", "disk[1].id")]
    [InlineData("a", "abcdefghijklmnopqrstu", "disk[1].id")]
    [InlineData("a/b", "b", "disk[0].id")]
    [InlineData("", "b", "disk[0].id")]
    public void Disk_ids_that_cannot_be_are_refused(string first, string second, string field) =>
        Assert.Equal(field, Refused(new() { Disk = [new() { Path = "a", Id = first }, new() { Path = "b", Id = second }] }).Field);

    [Theory]
    [InlineData("mmio", 16)]
    [InlineData("pci", 31)]
    public void More_disks_than_there_is_room_for_are_refused(string word, int count)
    {
        VirtioTransport transport = Word.Parse<VirtioTransport>(word);
        DiskConfig[] disks = [.. Enumerable.Range(0, count).Select(i => new DiskConfig { Path = $"{i}.img" })];
        Assert.Equal("disk", Refused(new() { Disk = disks, Transport = transport }).Field);
        MachineConfigResolver.Resolve(new() { Disk = disks, Transport = transport, Rng = false });
    }

    [Theory]
    [InlineData("../etc")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    [InlineData(".hidden")]
    [InlineData("-option")]
    [InlineData("a b")]
    [InlineData("\u001b[2J")]
    [InlineData("")]
    [Trait("Row", "86")]
    public void Name_that_could_leave_its_folder_or_spoil_a_terminal_is_refused(string name)
    {
        MachineConfigException wrong = Refused(new() { Name = name });
        Assert.Equal("name", wrong.Field);
        Assert.DoesNotContain(wrong.Message, char.IsControl);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("")]
    [InlineData("/proc/self/mem")]
    [InlineData("/tmp/../proc/1/mem")]
    [InlineData("/sys/kernel/debug")]
    [Trait("Row", "86")]
    public void Path_that_cannot_be_a_guests_file_is_refused(string path)
    {
        Assert.Equal("kernel", Refused(new() { Kernel = path }).Field);
        Assert.Equal("initrd", Refused(new() { Kernel = "k", Initrd = path }).Field);
        Assert.Equal("disk[0].path", Refused(new() { Disk = [new() { Path = path }] }).Field);
        Assert.Equal("console", Refused(new() { Console = new(ConsoleKind.File, path) }).Field);
    }

    [Fact]
    public void Descriptor_passed_by_number_is_a_fine_path() =>
        Assert.Equal("/proc/self/fd/63", MachineConfigResolver.Resolve(new() { Kernel = "/proc/self/fd/63" }).Kernel);

    [Fact]
    public void Kernel_and_firmware_together_are_refused() =>
        Assert.Equal("firmware", Refused(new() { Kernel = "k", Firmware = "hello" }).Field);

    [Fact]
    public void What_belongs_to_a_kernel_is_refused_without_one()
    {
        Assert.Equal("initrd", Refused(new() { Initrd = "i" }).Field);
        Assert.Equal("module", Refused(new() { Module = [new() { Path = "m" }] }).Field);
        Assert.Equal("boot-protocol", Refused(new() { BootProtocol = BootProtocol.Pvh, Firmware = "hello" }).Field);
    }

    [Fact]
    public void Firmware_takes_a_command_line_too() =>
        Assert.Equal("count=3", MachineConfigResolver.Resolve(new() { Firmware = "ticks", Cmdline = "count=3" }).Cmdline);

    [Fact]
    [Trait("Row", "86")]
    public void Command_line_with_a_NUL_is_refused() => Assert.Equal("cmdline", Refused(new() { Kernel = "k", Cmdline = "a\0b" }).Field);

    [Fact]
    public void Virtio_console_on_the_terminal_takes_it_from_the_serial_line()
    {
        MachineConfig machine = MachineConfigResolver.Resolve(new() { Kernel = "k", VirtioConsole = ConsoleTarget.Tty });
        Assert.Equal(ConsoleTarget.Off, machine.Console);
        Assert.Equal("console=hvc0", machine.Cmdline);
    }

    [Fact]
    public void Two_consoles_on_one_terminal_are_refused() =>
        Assert.Equal("virtio-console", Refused(new() { Console = ConsoleTarget.Tty, VirtioConsole = ConsoleTarget.Tty }).Field);

    [Theory]
    [InlineData(false, false, null, "console=ttyS0")]
    [InlineData(true, false, null, "console=ttyS0 root=/dev/vda rw")]
    [InlineData(true, true, null, "console=ttyS0")]
    [InlineData(true, false, "", "")]
    public void Command_line_not_given_makes_a_stock_kernel_heard(bool disk, bool initrd, string? given, string expected)
    {
        MachineConfig machine = MachineConfigResolver.Resolve(new()
        {
            Kernel = "k",
            Initrd = initrd ? "i" : null,
            Disk = disk ? [new() { Path = "d" }] : [],
            Cmdline = given,
        });
        Assert.Equal(expected, machine.Cmdline);
    }

    [Theory]
    [InlineData("host", "host")]
    [InlineData("host,-avx2,+invtsc", "host,-avx2,+invtsc")]
    [InlineData("+a,-b", "host,-b,+a")]
    public void Processor_features_are_read_by_sign(string text, string shown) => Assert.Equal(shown, CpuModel.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("host,")]
    [InlineData("host,avx")]
    [InlineData("-a,host")]
    [InlineData("host,-")]
    [InlineData("host,-AVX")]
    [InlineData("host,-a,+a")]
    [InlineData("qemu64")]
    public void Processor_features_that_make_no_sense_are_refused(string text) => Assert.Throws<FormatException>(() => CpuModel.Parse(text));
}
