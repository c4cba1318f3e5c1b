using Vmm.Guest.Boot;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

[Trait("Row", "7")]
public class HostileBzImageTests
{
    [Fact]
    public void Wrong_boot_flag_is_refused() =>
        Refused(i => i[0x1FE] = 0, "bzImage: setup header: boot_flag 0xaa00 is not 0xaa55");

    [Fact]
    public void Setup_sects_beyond_the_file_is_refused() =>
        Refused(i => i[0x1F1] = 255, "bzImage: setup header: setup_sects 255 leaves no kernel in a file of 0x1600 bytes");

    [Fact]
    public void Setup_sects_0_means_4()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] image = BzImageBuilder.Build(i =>
        {
            i[0x1F1] = 0;
            BzImageBuilder.U32(i, 0x1F4, (0x1000 - 1024) / 16);
        });
        BootLoader.Load(new BootRequest { Kernel = new MemoryImage("bzImage", image) }, ram.Memory);
        Assert.Equal(image[(5 * 512)..], ram.Bytes(BzImageBuilder.PreferredAddress, image.Length - (5 * 512)));
    }

    [Fact]
    public void Truncated_payload_is_refused() =>
        Refused(i => BzImageBuilder.U32(i, 0x1F4, 0x102), "bzImage: setup header: syssize 0x102 means a kernel of 0x1020 bytes, but the file has only 0x1000 after the setup code; it is truncated");

    [Fact]
    public void Payload_that_is_short_by_less_than_a_paragraph_is_taken()
    {
        using var ram = TestRam.OfMiB(16);
        BootLoader.Load(new BootRequest { Kernel = new MemoryImage("bzImage", BzImageBuilder.Build(payloadSize: 0x1001)) }, ram.Memory);
    }

    [Fact]
    public void Empty_payload_is_refused() => Refused(i => BzImageBuilder.U32(i, 0x1F4, 0), "bzImage: setup header: syssize is 0");

    [Fact]
    public void Zimage_is_refused() =>
        Refused(i => i[0x211] = 0, "bzImage: setup header: loadflags 0x0 lacks LOADED_HIGH; a zImage cannot be started, a bzImage can");

    [Theory]
    [InlineData(0xFFFF_FFFFU)]
    [InlineData(0x0FFF_0000U)]
    public void Kernel_that_needs_more_than_ram_is_refused(uint initSize) =>
        Refused(i => BzImageBuilder.U32(i, 0x260, initSize), $"bzImage: setup header: the kernel needs RAM from 0x200000 to 0x{0x20_0000UL + initSize:x} (pref_address, init_size), but the guest has 16 MiB");

    [Fact]
    public void Preferred_address_that_wraps_is_refused() =>
        Refused(i => i.AsSpan(0x258, 8).Fill(0xFF), "bzImage: setup header: the kernel needs RAM from 0xffffffffffffffff to 0xfffff (pref_address, init_size), but the guest has 16 MiB");

    [Fact]
    public void Header_cut_off_by_the_end_of_the_file_is_refused()
    {
        using var ram = TestRam.OfMiB(16);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("bzImage", BzImageBuilder.Build()[..0x220]) }, ram.Memory));
        Assert.Equal("bzImage: setup header: the file ends inside it, after 0x220 bytes", fault.Message);
    }

    [Fact]
    public void Modules_are_refused_because_linux_has_no_place_for_them()
    {
        using var ram = TestRam.OfMiB(16);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("bzImage", BzImageBuilder.Build()),
            Modules = [new BootModule(new MemoryImage("extra", [1]), "")],
        }, ram.Memory));
        Assert.StartsWith("extra: modules are for PVH and Multiboot kernels", fault.Message);
    }

    [Fact]
    public void No_field_of_the_header_can_bring_the_loader_down()
    {
        using var ram = TestRam.OfMiB(16);
        byte[] good = BzImageBuilder.Build();
        for (int at = 0x1F1; at < 0x270; at++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7F, 0x80, 0xFF])
            {
                byte[] image = [.. good];
                image[at] = value;
                try
                {
                    BootLoader.Load(new BootRequest { Kernel = new MemoryImage("bzImage", image), Initrd = new MemoryImage("initrd", [1]), Protocol = BootProtocol.Linux64 }, ram.Memory);
                }
                catch (BootException fault)
                {
                    Assert.DoesNotContain('\n', fault.Message);
                }
            }
        }
    }

    private static void Refused(Action<byte[]> spoil, string message)
    {
        using var ram = TestRam.OfMiB(16);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("bzImage", BzImageBuilder.Build(spoil)) }, ram.Memory));
        Assert.Equal(message, fault.Message);
    }
}
