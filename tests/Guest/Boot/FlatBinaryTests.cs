using Vmm.Guest.Boot;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

public class FlatBinaryTests
{
    [Fact]
    public void Boot_sector_starts_at_7c00_as_under_a_bios()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] sector = new byte[512];
        sector[0] = 0xF4;
        sector[510] = 0x55;
        sector[511] = 0xAA;
        BootPlan plan = Boot(ram, sector);
        Assert.Equal(BootProtocol.Flat, plan.Protocol);
        Assert.True(plan.Cpu is { Cs: { Selector: 0, Base: 0, Limit: 0xFFFF }, Cr0: 0x10, Efer: 0 });
        Assert.Equal((0x7C00UL, 0x7C00UL, 0x80UL), (plan.Cpu.General.Rip, plan.Cpu.General.Rsp, plan.Cpu.General.Rdx));
        Assert.Equal(sector, ram.Bytes(0x7C00, 512));
    }

    [Fact]
    public void Anything_else_starts_at_segment_1000()
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = Boot(ram, [0xF4]);
        Assert.True(plan.Cpu is { Cs: { Selector: 0x1000, Base: 0x1_0000 }, Ds.Selector: 0x1000, Ss.Selector: 0x1000 });
        Assert.Equal((0UL, 0x8000UL), (plan.Cpu.General.Rip, plan.Cpu.General.Rsp));
        Assert.Equal(0xF4, ram.Read<byte>(0x1_0000));
    }

    [Fact]
    public void Load_address_and_entry_can_be_chosen()
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("flat", [0x90, 0x90, 0xF4]),
            Flat = new FlatBinaryOptions { LoadAddress = new GuestAddress(0x2_0000), Entry = new GuestAddress(0x2_0002) },
        }, ram.Memory);
        Assert.Equal(0x2_0002UL, plan.Cpu.Cs.Base + plan.Cpu.General.Rip);
        Assert.Equal(0xF4, ram.Read<byte>(0x2_0002));
    }

    [Fact]
    [Trait("Row", "5")]
    public void Entry_outside_the_binary_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("flat", [0xF4]),
            Flat = new FlatBinaryOptions { Entry = new GuestAddress(0x1_0001) },
        }, ram.Memory));
        Assert.Equal("flat: flat binary: entry point 0x10001 is outside what was loaded (0x10000–0x10000)", fault.Message);
    }

    [Fact]
    [Trait("Row", "5")]
    public void Entry_that_real_mode_cannot_reach_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest
        {
            Kernel = new MemoryImage("flat", [0xF4]),
            Flat = new FlatBinaryOptions { LoadAddress = new GuestAddress(0x10_0000) },
        }, ram.Memory));
        Assert.Equal("flat: flat binary: entry point 0x100000 is beyond 1 MiB, but it is entered in real mode", fault.Message);
    }

    [Fact]
    [Trait("Row", "3")]
    public void Binary_that_does_not_fit_ram_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => Boot(ram, new byte[0x20_0000]));
        Assert.Equal("flat: flat binary: 0x200000 bytes at 0x10000 leave RAM (2 MiB)", fault.Message);
    }

    [Fact]
    public void Initrd_that_a_flat_binary_could_not_find_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("flat", [0xF4]), Initrd = new MemoryImage("i", [1]) }, ram.Memory));
    }

    [Theory]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "compressed with gzip")]
    [InlineData(new byte[] { 0xFD, 0x37, 0x7A, 0x58, 0x5A, 0 }, "compressed with xz")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, "compressed with zstd")]
    [InlineData(new byte[] { (byte)'Q', (byte)'F', (byte)'I', 0xFB }, "qcow2")]
    [InlineData(new byte[] { (byte)'#', (byte)'!', (byte)'/', (byte)'b' }, "script")]
    [InlineData(new byte[] { (byte)'M', (byte)'Z', 0, 0 }, "EFI")]
    public void File_of_another_kind_is_named_and_not_executed(byte[] bytes, string kind)
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => Boot(ram, bytes));
        Assert.Contains(kind, fault.Message);
        BootPlan forced = BootLoader.Load(new BootRequest { Kernel = new MemoryImage("flat", bytes), Protocol = BootProtocol.Flat }, ram.Memory);
        Assert.Equal(BootProtocol.Flat, forced.Protocol);
    }

    private static BootPlan Boot(TestRam ram, byte[] bytes) => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("flat", bytes) }, ram.Memory);
}
