using Vmm.Guest.Boot;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

public class MultibootTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Elf_with_a_header_starts_with_the_loaders_magic_in_protected_mode(bool is64)
    {
        using var ram = TestRam.OfMiB(4);
        BootPlan plan = Boot(ram, Elf(is64));
        Assert.Equal(BootProtocol.Multiboot, plan.Protocol);
        Assert.Equal(0x2BAD_B002UL, plan.Cpu.General.Rax);
        Assert.Equal(0x10_000CUL, plan.Cpu.General.Rip);
        Assert.Equal(0x11UL, plan.Cpu.Cr0);
    }

    [Fact]
    public void Information_names_memory_command_line_modules_and_loader()
    {
        using var ram = TestRam.OfMiB(8);
        BootPlan plan = BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("/home/me/kernel.elf", Elf(false)),
            CommandLine = "fast=1",
            Initrd = new MemoryImage("/tmp/ramdisk", new byte[5000]),
            Modules = [new BootModule(new MemoryImage("second", [7]), "x=y")],
        }, ram.Memory);
        ulong info = plan.Cpu.General.Rbx;
        Assert.Equal(0x24DU, ram.Read<uint>(info));
        Assert.Equal(639U, ram.Read<uint>(info + 4));
        Assert.Equal(7U * 1024, ram.Read<uint>(info + 8));
        Assert.Equal("kernel.elf fast=1", ram.Text(ram.Read<uint>(info + 16)));
        Assert.Equal(2U, ram.Read<uint>(info + 20));
        ulong modules = ram.Read<uint>(info + 24);
        Assert.Equal((0x10_2000U, 0x10_2000U + 5000), (ram.Read<uint>(modules), ram.Read<uint>(modules + 4)));
        Assert.Equal("ramdisk", ram.Text(ram.Read<uint>(modules + 8)));
        Assert.Equal((0x10_4000U, 0x10_4001U), (ram.Read<uint>(modules + 16), ram.Read<uint>(modules + 20)));
        Assert.Equal("second x=y", ram.Text(ram.Read<uint>(modules + 24)));
        Assert.Equal("vmm", ram.Text(ram.Read<uint>(info + 64)));
        Assert.Equal(4U * 24, ram.Read<uint>(info + 44));
        ulong map = ram.Read<uint>(info + 48);
        Assert.Equal((20U, 0UL, 0x9_FC00UL, 1U), (ram.Read<uint>(map), ram.Read<ulong>(map + 4), ram.Read<ulong>(map + 12), ram.Read<uint>(map + 20)));
    }

    [Fact]
    public void Bios_data_area_says_where_low_memory_ends()
    {
        using var ram = TestRam.OfMiB(4);
        Boot(ram, Elf(false));
        Assert.Equal((0x3F8, 0x9FC0, 639), (ram.Read<ushort>(0x400), ram.Read<ushort>(0x40E), ram.Read<ushort>(0x413)));
    }

    [Fact]
    public void Header_with_addresses_loads_a_file_that_is_no_elf()
    {
        using var ram = TestRam.OfMiB(4);
        byte[] file = MultibootBuilder.Flat(headerAddress: 0x10_0040, load: 0x10_0000, loadEnd: 0, bssEnd: 0x10_4000, entry: 0x10_0060);
        BootPlan plan = Boot(ram, file);
        Assert.Equal(0x10_0060UL, plan.Entry.Value);
        Assert.Equal(file, ram.Bytes(0x10_0000, file.Length));
        Assert.Contains(plan.Ranges, r => r.Start.Value == 0x10_0000 && r.Size == 0x4000);
    }

    [Fact]
    public void Header_may_name_only_the_part_of_the_file_behind_it()
    {
        using var ram = TestRam.OfMiB(4);
        byte[] file = MultibootBuilder.Flat(headerAddress: 0x10_0000, load: 0x10_0000, loadEnd: 0x10_0040, bssEnd: 0, entry: 0x10_0020);
        Boot(ram, file);
        Assert.Equal(file[0x40..0x80], ram.Bytes(0x10_0000, 0x40));
        Assert.Equal(0, ram.Read<byte>(0x10_0040));
    }

    [Fact]
    public void Kernel_linked_to_a_high_address_is_entered_at_the_physical_one()
    {
        using var ram = TestRam.OfMiB(4);
        byte[] elf = Elf(false);
        // p_vaddr is the third word of a program header of class 32.
        BitConverter.GetBytes(0xC010_0000U).CopyTo(elf, 52 + 8);
        BitConverter.GetBytes(0xC010_000CU).CopyTo(elf, 24);
        Assert.Equal(0x10_000CUL, Boot(ram, elf).Cpu.General.Rip);
    }

    [Fact]
    public void Header_beyond_the_first_8_KiB_does_not_count()
    {
        using var ram = TestRam.OfMiB(4);
        byte[] file = MultibootBuilder.Flat(0x10_2000, 0x10_0000, 0, 0, 0x10_2020, before: 8192);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", file), Protocol = BootProtocol.Multiboot }, ram.Memory));
        Assert.Equal("k: Multiboot header: none with a right checksum in the first 8192 bytes", fault.Message);
    }

    [Fact]
    public void Header_with_a_wrong_checksum_does_not_count()
    {
        byte[] file = MultibootBuilder.Flat(0x10_0040, 0x10_0000, 0, 0, 0x10_0060);
        file[0x48] ^= 1;
        using var ram = TestRam.OfMiB(4);
        Assert.Equal(BootProtocol.Flat, Boot(ram, file).Protocol);
    }

    [Theory]
    [InlineData(0x10_0000U, 0x10_0001U, 0U, 0U, 0x10_0000U, "load_addr 0x100001 and header_addr 0x100000 do not fit")]
    [InlineData(0x10_1000U, 0x10_0000U, 0U, 0U, 0x10_0000U, "do not fit a header at file offset 0x40")]
    [InlineData(0x10_0040U, 0x10_0000U, 0x10_0000U, 0U, 0x10_0000U, "load_end_addr 0x100000 is not above load_addr 0x100000")]
    [InlineData(0x10_0040U, 0x10_0000U, 0x10_2000U, 0U, 0x10_0000U, "load_end_addr 0x102000 means 0x2000 bytes, but the file has only 0x160")]
    [InlineData(0x10_0040U, 0x10_0000U, 0U, 0x10_0010U, 0x10_0000U, "bss_end_addr 0x100010 is below the end of what is loaded, 0x100160")]
    [InlineData(0x10_0040U, 0x10_0000U, 0U, 0xFFFF_F000U, 0x10_0000U, "leave RAM (4 MiB)")]
    [InlineData(0x10_0040U, 0x10_0000U, 0U, 0U, 0x10_0160U, "entry_addr 0x100160 is outside what is loaded (0x100000–0x10015f)")]
    [InlineData(0xFFFF_FFF0U, 0xFFFF_FFB0U, 0U, 0U, 0xFFFF_FFF0U, "leave RAM (4 MiB)")]
    [Trait("Row", "3")]
    [Trait("Row", "5")]
    public void Impossible_addresses_are_refused(uint header, uint load, uint loadEnd, uint bssEnd, uint entry, string message)
    {
        using var ram = TestRam.OfMiB(4);
        var fault = Assert.Throws<BootException>(() => Boot(ram, MultibootBuilder.Flat(header, load, loadEnd, bssEnd, entry)));
        Assert.Contains(message, fault.Message);
        Assert.Contains("Multiboot header", fault.Message);
    }

    [Fact]
    public void Unknown_requirement_is_refused()
    {
        using var ram = TestRam.OfMiB(4);
        byte[] elf = new ElfBuilder(false) { Entry = 0x10_000C }.Load(0x10_0000, [.. MultibootBuilder.Header(0x108), 0xF4]).Build();
        var fault = Assert.Throws<BootException>(() => Boot(ram, elf));
        Assert.Equal("k: Multiboot header: flags 0x108 ask for features 0x108, which are not known", fault.Message);
    }

    [Fact]
    [Trait("Row", "8")]
    public void Module_that_finds_no_room_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("k", Elf(false)),
            Modules = [new BootModule(new MemoryImage("big", new byte[0x10_0000]), "")],
        }, ram.Memory));
        Assert.StartsWith("big: module 0: 0x100000 bytes find no room", fault.Message);
    }

    private static byte[] Elf(bool is64) =>
        new ElfBuilder(is64) { Entry = 0x10_000C }.Load(0x10_0000, [.. MultibootBuilder.Header(3), 0xF4, 0xF4], 0x1800).Build();

    private static BootPlan Boot(TestRam ram, byte[] image) => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", image) }, ram.Memory);
}
