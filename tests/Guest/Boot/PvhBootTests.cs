using Vmm.Guest.Boot;
using Vmm.Guest.Memory;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

public class PvhBootTests
{
    private static readonly byte[] Code = [0xF4, 0xEB, 0xFD];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Pvh_elf_of_either_class_starts_in_protected_mode_at_the_noted_entry(bool is64)
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = Boot(new ElfBuilder(is64).Load(0x10_0000, Code, 0x2000).PvhNote(0x10_0001), ram);

        Assert.Equal(BootProtocol.Pvh, plan.Protocol);
        Assert.Equal(0x10_0001UL, plan.Entry.Value);
        Assert.Equal(0x10_0001UL, plan.Cpu.General.Rip);
        Assert.Equal(0x11UL, plan.Cpu.Cr0);
        Assert.Equal(0UL, plan.Cpu.Cr4);
        Assert.Equal(0UL, plan.Cpu.Efer);
        Assert.Equal(2UL, plan.Cpu.General.Rflags);
        Assert.True(plan.Cpu.Cs is { Base: 0, Limit: 0xFFFF_FFFF, DefaultBig: true, LongMode: false, Type: 0xB });
        Assert.True(plan.Cpu.Ds is { Base: 0, Limit: 0xFFFF_FFFF, DefaultBig: true, Type: 3 });
        Assert.True(plan.Cpu.Tr is { Base: 0, Limit: 0x67, Type: 0xB, IsCodeOrData: false });
        Assert.Equal(Code, ram.Bytes(0x10_0000, Code.Length));
    }

    [Fact]
    public void Start_info_names_command_line_memory_map_rsdp_and_modules()
    {
        using var ram = TestRam.OfMiB(64);
        var request = new BootRequest
        {
            Kernel = new MemoryImage("guest", new ElfBuilder(true).Load(0x10_0000, Code).PvhNote(0x10_0000).Build()),
            CommandLine = "console=ttyS0 quiet",
            Initrd = new MemoryImage("initrd", [1, 2, 3]),
            Modules = [new BootModule(new MemoryImage("extra", [4, 5]), "a=b")],
            Rsdp = new GuestAddress(MemoryLayout.AcpiStart),
        };
        BootPlan plan = BootLoader.Load(request, ram.Memory);

        ulong info = plan.Cpu.General.Rbx;
        Assert.Equal(0x336E_C578U, ram.Read<uint>(info));
        Assert.Equal(1U, ram.Read<uint>(info + 4));
        Assert.Equal(2U, ram.Read<uint>(info + 12));
        Assert.Equal("console=ttyS0 quiet", ram.Text(ram.Read<ulong>(info + 24)));
        Assert.Equal(MemoryLayout.AcpiStart, ram.Read<ulong>(info + 32));

        ulong modules = ram.Read<ulong>(info + 16);
        ulong initrd = ram.Read<ulong>(modules);
        Assert.Equal((64UL << 20) - 4096, initrd);
        Assert.Equal(3UL, ram.Read<ulong>(modules + 8));
        Assert.Equal("", ram.Text(ram.Read<ulong>(modules + 16)));
        Assert.Equal(new byte[] { 1, 2, 3 }, ram.Bytes(initrd, 3));
        Assert.Equal(initrd - 4096, ram.Read<ulong>(modules + 32));
        Assert.Equal(2UL, ram.Read<ulong>(modules + 40));
        Assert.Equal("a=b", ram.Text(ram.Read<ulong>(modules + 48)));

        ulong map = ram.Read<ulong>(info + 40);
        Assert.Equal(4U, ram.Read<uint>(info + 48));
        Assert.Equal((0UL, 0x9_FC00UL, 1U), (ram.Read<ulong>(map), ram.Read<ulong>(map + 8), ram.Read<uint>(map + 16)));
        Assert.Equal((0x9_FC00UL, 0x6_0400UL, 2U), (ram.Read<ulong>(map + 24), ram.Read<ulong>(map + 32), ram.Read<uint>(map + 40)));
        Assert.Equal((0x10_0000UL, 63UL << 20, 1U), (ram.Read<ulong>(map + 48), ram.Read<ulong>(map + 56), ram.Read<uint>(map + 64)));
        Assert.Equal((MemoryLayout.EcamStart, MemoryLayout.EcamSize, 2U), (ram.Read<ulong>(map + 72), ram.Read<ulong>(map + 80), ram.Read<uint>(map + 88)));
    }

    [Fact]
    public void Start_info_gives_way_to_a_kernel_that_occupies_low_memory()
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = Boot(new ElfBuilder(false).Load(0x1000, Code, 0x8_0000).PvhNote(0x1000), ram);
        Assert.True(plan.Cpu.General.Rbx >= 0x8_1000);
        Assert.Equal(Code, ram.Bytes(0x1000, Code.Length));
    }

    [Fact]
    public void Plan_lists_what_was_loaded_where()
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = Boot(new ElfBuilder(true).Load(0x10_0000, Code, 0x2000).PvhNote(0x10_0000), ram);
        Assert.Collection(plan.Ranges,
            range => Assert.Equal("PVH start info", range.Name),
            range => Assert.Equal(new LoadedRange("segment 0", new GuestAddress(0x10_0000), 0x2000), range));
    }

    [Fact]
    public void Reload_into_used_memory_clears_the_zero_initialised_part()
    {
        using var ram = TestRam.OfMiB(2);
        Assert.True(ram.Memory.TryWrite(new GuestAddress(0x10_0000 + 3), new byte[] { 9, 9, 9 }));
        var request = new BootRequest
        {
            Kernel = new MemoryImage("guest", new ElfBuilder(true).Load(0x10_0000, Code, 6).PvhNote(0x10_0000).Build()),
            RamIsZero = false,
        };
        BootLoader.Load(request, ram.Memory);
        Assert.Equal([.. Code, 0, 0, 0], ram.Bytes(0x10_0000, 6));
    }

    [Fact]
    [Trait("Row", "6")]
    public void Pvh_note_of_a_wrong_size_is_refused_by_its_size()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => Boot(new ElfBuilder(true).Load(0x10_0000, Code).Note("Xen", 18, [1, 2, 3]), ram));
        Assert.Equal("guest: PVH note: the entry point has 3 bytes; it must have 4 or 8", fault.Message);
    }

    [Fact]
    [Trait("Row", "6")]
    public void Note_that_leaves_its_segment_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] note = [4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 18, 0, 0, 0, (byte)'X', (byte)'e', (byte)'n', 0, 1, 2, 3, 4];
        var fault = Assert.Throws<BootException>(() => Boot(new ElfBuilder(true).Load(0x10_0000, Code).RawNotes(note), ram));
        Assert.Contains("program header 1: note at 0x0 with a name of 4 and a descriptor of 4294967295 bytes leaves its segment", fault.Message);
    }

    [Fact]
    [Trait("Row", "6")]
    public void Pvh_note_beyond_4_GiB_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => Boot(new ElfBuilder(true).Load(0x10_0000, Code).PvhNote(0x1_0000_0000), ram));
        Assert.Contains("entry point 0x100000000 is beyond 4 GiB", fault.Message);
    }

    [Fact]
    [Trait("Row", "6")]
    public void Other_notes_before_the_pvh_note_are_stepped_over()
    {
        using var ram = TestRam.OfMiB(2);
        BootPlan plan = Boot(new ElfBuilder(true).Load(0x10_0000, Code).Note("GNU", 3, new byte[20]).Note("Xen", 5, [1]).PvhNote(0x10_0000), ram);
        Assert.Equal(BootProtocol.Pvh, plan.Protocol);
    }

    private static BootPlan Boot(ElfBuilder elf, TestRam ram) =>
        BootLoader.Load(new BootRequest { Kernel = new MemoryImage("guest", elf.Build()) }, ram.Memory);
}
