using Vmm.Guest.Boot;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

public class LinuxBootTests
{
    [Fact]
    public void Bzimage_is_loaded_at_its_preferred_address_and_entered_in_long_mode()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = BzImageBuilder.Build();
        BootPlan plan = Boot(ram, image);

        Assert.Equal(BootProtocol.Linux64, plan.Protocol);
        Assert.Equal(BzImageBuilder.PreferredAddress + 0x200, plan.Cpu.General.Rip);
        Assert.Equal(image[BzImageBuilder.PayloadAt..], ram.Bytes(BzImageBuilder.PreferredAddress, 0x1000));
        Assert.Equal(0x8000_0011UL, plan.Cpu.Cr0);
        Assert.Equal(0x20UL, plan.Cpu.Cr4);
        Assert.Equal(0x500UL, plan.Cpu.Efer);
        Assert.True(plan.Cpu.Cs is { Selector: 0x10, LongMode: true, DefaultBig: false });
        Assert.True(plan.Cpu.Ds is { Selector: 0x18 });
        Assert.Equal(0x00AF_9B00_0000_FFFFUL, ram.Read<ulong>(plan.Cpu.Gdt.Base + 0x10));
        Assert.Equal(0x00CF_9300_0000_FFFFUL, ram.Read<ulong>(plan.Cpu.Gdt.Base + 0x18));
    }

    [Fact]
    public void Page_tables_map_the_first_4_GiB_to_themselves()
    {
        using var ram = TestRam.OfMiB(16);
        ulong top = Boot(ram, BzImageBuilder.Build()).Cpu.Cr3;
        foreach (ulong address in (ulong[])[0, 0x20_0000, 0x3FE0_0000, 0x4000_0000, 0xFFE0_0000])
        {
            ulong pointers = ram.Read<ulong>(top + ((address >> 39) * 8));
            ulong directory = ram.Read<ulong>((pointers & ~0xFFFUL) + ((address >> 30) * 8));
            ulong entry = ram.Read<ulong>((directory & ~0xFFFUL) + ((address >> 21 & 511) * 8));
            Assert.Equal(address | 0x83, entry);
        }
    }

    [Fact]
    public void Zero_page_carries_header_command_line_memory_map_and_rsdp()
    {
        using var ram = TestRam.OfMiB(16);
        BootPlan plan = BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("bzImage", BzImageBuilder.Build()),
            CommandLine = "console=ttyS0",
            Rsdp = new GuestAddress(MemoryLayout.AcpiStart),
        }, ram.Memory);
        ulong page = plan.Cpu.General.Rsi;
        Assert.Equal(0x5372_6448U, ram.Read<uint>(page + 0x202));
        Assert.Equal(0xFF, ram.Read<byte>(page + 0x210));
        Assert.Equal("console=ttyS0", ram.Text(ram.Read<uint>(page + 0x228)));
        Assert.Equal(MemoryLayout.AcpiStart, ram.Read<ulong>(page + 0x70));
        Assert.Equal(0U, ram.Read<uint>(page + 0x21C));
        Assert.Equal(4, ram.Read<byte>(page + 0x1E8));
        Assert.Equal((0x10_0000UL, 15UL << 20, 1U), (ram.Read<ulong>(page + 0x2D0 + 40), ram.Read<ulong>(page + 0x2D8 + 40), ram.Read<uint>(page + 0x2E0 + 40)));
        // What lies before the header and behind it in the file is not copied.
        Assert.Equal(0, ram.Read<byte>(page + 0x1EF));
    }

    [Fact]
    public void Memory_map_goes_around_the_device_hole()
    {
        using var ram = TestRam.OfMiB(4096 + 512);
        IReadOnlyList<E820Entry> map = E820Map.Build(ram.Memory, hasEcam: true);
        Assert.Equal(
            [
                new E820Entry(0, 0x9_FC00, E820Type.Ram),
                new E820Entry(0x9_FC00, 0x6_0400, E820Type.Reserved),
                new E820Entry(0x10_0000, 0xBFF0_0000, E820Type.Ram),
                new E820Entry(MemoryLayout.EcamStart, MemoryLayout.EcamSize, E820Type.Reserved),
                new E820Entry(0x1_0000_0000, (4096UL + 512 - 3072) << 20, E820Type.Ram),
            ],
            map);
    }

    [Fact]
    public void Initrd_goes_as_high_as_the_kernel_allows()
    {
        using var ram = TestRam.OfMiB(64);
        byte[] image = BzImageBuilder.Build(i => BzImageBuilder.U32(i, 0x22C, 0x1FF_FFFF));
        BootPlan plan = Boot(ram, image, [1, 2, 3, 4, 5]);
        ulong page = plan.Cpu.General.Rsi;
        Assert.Equal(0x1FF_F000U, ram.Read<uint>(page + 0x218));
        Assert.Equal(5U, ram.Read<uint>(page + 0x21C));
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5 }, ram.Bytes(0x1FF_F000, 5));
    }

    [Fact]
    public void Initrd_that_fits_only_above_4_GiB_goes_there_when_the_kernel_can_reach_it()
    {
        using var ram = TestRam.OfMiB(3072 + 64);
        byte[] image = BzImageBuilder.Build(i => BzImageBuilder.U32(i, 0x22C, 0x3F_FFFF));
        BootPlan plan = Boot(ram, image, new byte[0x20_0000]);
        ulong page = plan.Cpu.General.Rsi;
        Assert.Equal(0x1_0000_0000UL + (62 << 20), ram.Read<uint>(page + 0x218) | ((ulong)ram.Read<uint>(page + 0xC0) << 32));
        Assert.Equal(0U, ram.Read<uint>(page + 0xC4));
    }

    [Fact]
    [Trait("Row", "8")]
    public void Initrd_is_kept_off_the_memory_the_kernel_unpacks_into()
    {
        using var ram = TestRam.OfMiB(4);
        // The kernel takes 2–3 MiB; a limit at 3 MiB leaves only what is below it.
        byte[] image = BzImageBuilder.Build(i =>
        {
            BzImageBuilder.U32(i, 0x22C, 0x2F_FFFF);
            BzImageBuilder.U16(i, 0x236, 1);
        });
        BootPlan plan = Boot(ram, image, new byte[0x1000]);
        Assert.Equal(0x1F_F000U, ram.Read<uint>(plan.Cpu.General.Rsi + 0x218));
        var fault = Assert.Throws<BootException>(() => Boot(ram, image, new byte[0x10_1000]));
        Assert.Equal("initrd.img: initrd: 0x101000 bytes find no room below 0x300000 beside the kernel (RAM: 4 MiB)", fault.Message);
    }

    [Fact]
    [Trait("Row", "8")]
    public void Empty_initrd_is_refused()
    {
        using var ram = TestRam.OfMiB(16);
        var fault = Assert.Throws<BootException>(() => Boot(ram, BzImageBuilder.Build(), []));
        Assert.Equal("initrd.img: initrd: the file is empty", fault.Message);
    }

    [Fact]
    [Trait("Row", "8")]
    public void Initrd_larger_than_ram_is_refused()
    {
        using var ram = TestRam.OfMiB(16);
        var request = new BootRequest
        {
            Kernel = new MemoryImage("bzImage", BzImageBuilder.Build()),
            Initrd = new MemoryImage("initrd.img", [1], claimedLength: ulong.MaxValue - 1),
        };
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(request, ram.Memory));
        Assert.StartsWith("initrd.img: initrd: 0xfffffffffffffffe bytes find no room", fault.Message);
    }

    [Fact]
    [Trait("Row", "9")]
    public void Command_line_longer_than_the_kernel_holds_is_refused()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = BzImageBuilder.Build(i => BzImageBuilder.U32(i, 0x238, 20));
        BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", image), CommandLine = new string('x', 20) }, ram.Memory);
        var fault = Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", image), CommandLine = new string('x', 21) }, ram.Memory));
        Assert.Equal("command line: 21 bytes long; this kernel takes at most 20", fault.Message);
    }

    [Fact]
    [Trait("Row", "9")]
    public void Command_line_length_is_counted_in_bytes_not_characters()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = BzImageBuilder.Build(i => BzImageBuilder.U32(i, 0x238, 20));
        Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", image), CommandLine = new string('ä', 11) }, ram.Memory));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "9")]
    public void Command_line_with_a_nul_is_refused(bool pvh)
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = pvh ? new ElfBuilder(true).Load(0x10_0000, [0xF4]).PvhNote(0x10_0000).Build() : BzImageBuilder.Build();
        var fault = Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("k", image), CommandLine = "quiet\0init=/bad" }, ram.Memory));
        Assert.Equal("command line: has a NUL at character 5; the kernel would stop reading there", fault.Message);
    }

    [Fact]
    public void Vmlinux_with_the_pvh_note_starts_through_pvh_unless_the_other_way_is_forced()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = new ElfBuilder(true) { Entry = 0x20_0000 }.Load(0x20_0000, [0xF4, 0xF4]).PvhNote(0x20_0001).Build();
        Assert.Equal(BootProtocol.Pvh, Boot(ram, image).Protocol);
        BootPlan forced = BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", image), Protocol = BootProtocol.Linux64 }, ram.Memory);
        Assert.Equal(BootProtocol.Linux64, forced.Protocol);
        Assert.Equal(0x20_0000UL, forced.Cpu.General.Rip);
        Assert.Equal(0x8000_0011UL, forced.Cpu.Cr0);
        Assert.Equal(0x5372_6448U, ram.Read<uint>(forced.Cpu.General.Rsi + 0x202));
    }

    [Fact]
    public void Linux_started_through_pvh_gets_no_longer_command_line_than_it_holds()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = new ElfBuilder(true).Load(0x20_0000, [0xF4]).Note("Xen", 6, "linux\0"u8.ToArray()).PvhNote(0x20_0000).Build();
        Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", image), CommandLine = new string('x', 2048) }, ram.Memory));
    }

    [Fact]
    public void Kernel_without_a_64_bit_entry_is_entered_in_protected_mode()
    {
        using var ram = TestRam.OfMiB(16);
        BootPlan plan = Boot(ram, BzImageBuilder.Build(i => BzImageBuilder.U16(i, 0x236, 0)));
        Assert.Equal(BootProtocol.Linux32, plan.Protocol);
        Assert.Equal(BzImageBuilder.PreferredAddress, plan.Cpu.General.Rip);
        Assert.Equal(0x11UL, plan.Cpu.Cr0);
        Assert.True(plan.Cpu.Cs is { Selector: 0x10, DefaultBig: true });
    }

    [Fact]
    public void Kernel_with_only_16_bit_setup_code_is_entered_in_real_mode()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = BzImageBuilder.Build(i =>
        {
            BzImageBuilder.U16(i, 0x206, 0x207);
            BzImageBuilder.U32(i, 0x214, 0);
        });
        BootPlan plan = BootLoader.Load(new BootRequest { Kernel = new MemoryImage("ipxe.lkrn", image), CommandLine = "dhcp" }, ram.Memory);
        Assert.Equal(BootProtocol.Linux16, plan.Protocol);
        Assert.True(plan.Cpu is { Cs: { Selector: 0x1020, Base: 0x1_0200 }, Ds: { Selector: 0x1000 }, Ss: { Selector: 0x1000 } });
        Assert.Equal(0UL, plan.Cpu.General.Rip);
        Assert.Equal(image[0x200..0x202], ram.Bytes(0x1_0200, 2));
        Assert.Equal(image[BzImageBuilder.PayloadAt..], ram.Bytes(0x10_0000, 0x1000));
        Assert.Equal("dhcp", ram.Text(ram.Read<uint>(0x1_0228)));
        Assert.Equal(0x81, ram.Read<byte>(0x1_0211));
    }

    private static BootPlan Boot(TestRam ram, byte[] image, byte[]? initrd = null) => BootLoader.Load(new BootRequest
    {
        Kernel = new MemoryImage("bzImage", image),
        Initrd = initrd is null ? null : new MemoryImage("initrd.img", initrd),
    }, ram.Memory);
}
