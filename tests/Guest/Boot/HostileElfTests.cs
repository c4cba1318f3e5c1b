using System.Buffers.Binary;
using Vmm.Guest.Boot;
using Vmm.Tests.Guest.Images;

namespace Vmm.Tests.Guest.Boot;

public class HostileElfTests
{
    private static readonly ElfBuilder s_builder = new ElfBuilder(true) { Entry = 0x10_0000 }.Load(0x10_0000, [0xF4, 0xF4]).Load(0x20_0000 - 0x1000, [1], 0x800);

    [Theory]
    [InlineData(0, 0x7E, "")]
    [InlineData(3, (byte)'G', "begins almost as an ELF does; the file is damaged")]
    [InlineData(4, 3, "ELF header: class 3 is neither 1 (32 bits) nor 2 (64 bits)")]
    [InlineData(5, 2, "ELF header: data encoding 2 is not 1 (little-endian)")]
    [InlineData(6, 9, "ELF header: version 9 is not 1")]
    [InlineData(16, 1, "ELF header: type 1 is not an executable (2 or 3)")]
    [InlineData(18, 183, "ELF header: machine 183 is not 62 (x86-64)")]
    [Trait("Row", "1")]
    public void Wrong_magic_class_or_machine_is_refused(int offset, byte value, string message) =>
        Assert.Contains(message, Refused(elf => elf[offset] = value).Message);

    [Fact]
    [Trait("Row", "1")]
    public void Forced_protocol_does_not_hide_a_wrong_magic()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", new byte[100]), Protocol = BootProtocol.Pvh }, ram.Memory));
        Assert.Equal("vmlinux: ELF header: magic 0x00000000 is not 0x464c457f", fault.Message);
    }

    [Fact]
    [Trait("Row", "2")]
    public void Header_table_past_the_end_of_the_file_is_refused() =>
        Assert.StartsWith("vmlinux: program header table (2 entries) at offset 0x10000 ends past the end of the file", Refused(elf => Put64(elf, 32, 0x1_0000)).Message);

    [Fact]
    [Trait("Row", "2")]
    public void Header_table_that_wraps_is_refused() =>
        Assert.Contains("at offset 0xffffffffffffffff ends past the end", Refused(elf => Put64(elf, 32, ulong.MaxValue)).Message);

    [Theory]
    [InlineData(0, "e_phnum is 0")]
    [InlineData(257, "e_phnum 257 is over 256")]
    [InlineData(0xFFFF, "e_phnum 65535 is over 256")]
    [Trait("Row", "2")]
    public void Impossible_count_of_program_headers_is_refused(int count, string message) =>
        Assert.Contains(message, Refused(elf => BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(56), (ushort)count)).Message);

    [Fact]
    [Trait("Row", "2")]
    public void Wrong_size_of_program_headers_is_refused() =>
        Assert.Contains("e_phentsize 32 is not 56", Refused(elf => elf[54] = 32).Message);

    [Fact]
    [Trait("Row", "3")]
    public void Segment_that_wraps_is_refused() =>
        Assert.Equal("vmlinux: program header 0: segment 0xfffffffffffff000 with p_memsz 0x1001 wraps around the address space",
            Refused(elf =>
            {
                Put64(elf, s_builder.ProgramHeaderField(0, "p_paddr"), 0xFFFF_FFFF_FFFF_F000);
                Put64(elf, s_builder.ProgramHeaderField(0, "p_memsz"), 0x1001);
            }, entry: 0xFFFF_FFFF_FFFF_F000).Message);

    [Theory]
    [InlineData(0x20_0000UL, 0x800UL, "segment 0x200000–0x2007ff leaves RAM (2 MiB)")]
    [InlineData(0x1F_FFFFUL, 0x800UL, "segment 0x1fffff–0x2007fe leaves RAM (2 MiB)")]
    [InlineData(0xC000_0000UL, 0x800UL, "segment 0xc0000000–0xc00007ff leaves RAM (2 MiB)")]
    [Trait("Row", "3")]
    public void Segment_that_leaves_ram_is_refused(ulong address, ulong size, string message) =>
        Assert.Equal($"vmlinux: program header 1: {message}",
            Refused(elf =>
            {
                Put64(elf, s_builder.ProgramHeaderField(1, "p_paddr"), address);
                Put64(elf, s_builder.ProgramHeaderField(1, "p_memsz"), size);
            }).Message);

    [Fact]
    [Trait("Row", "3")]
    public void Segments_that_overlap_are_refused() =>
        Assert.Equal("vmlinux: segment 1: 0x800 bytes at 0x100001 overlap segment 0 at 0x100000–0x100001",
            Refused(elf => Put64(elf, s_builder.ProgramHeaderField(1, "p_paddr"), 0x10_0001)).Message);

    [Fact]
    [Trait("Row", "3")]
    public void Segment_over_the_acpi_tables_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] elf = s_builder.Build();
        Put64(elf, s_builder.ProgramHeaderField(1, "p_paddr"), 0xE_1000);
        var fault = Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", elf), Rsdp = new(0xE_0000) }, ram.Memory));
        Assert.Equal("vmlinux: segment 1: 0x800 bytes at 0xe1000 overlap ACPI tables at 0xe0000–0xfffff", fault.Message);
    }

    [Fact]
    [Trait("Row", "4")]
    public void File_size_above_memory_size_is_refused() =>
        Assert.Equal("vmlinux: program header 0: p_filesz 0x2 is more than p_memsz 0x1", Refused(elf => Put64(elf, s_builder.ProgramHeaderField(0, "p_memsz"), 1)).Message);

    [Fact]
    [Trait("Row", "4")]
    public void File_size_beyond_the_file_is_refused() =>
        Assert.Contains("program header 1: 0x700 bytes at offset", Refused(elf => Put64(elf, s_builder.ProgramHeaderField(1, "p_filesz"), 0x700)).Message);

    [Fact]
    [Trait("Row", "4")]
    public void File_offset_that_wraps_is_refused() =>
        Assert.Contains("program header 1: 0x1 bytes at offset 0xffffffffffffffff end past the end", Refused(elf => Put64(elf, s_builder.ProgramHeaderField(1, "p_offset"), ulong.MaxValue)).Message);

    [Theory]
    [InlineData(0x10_0002UL)]
    [InlineData(0x0F_FFFFUL)]
    [InlineData(0UL)]
    [Trait("Row", "5")]
    public void Entry_outside_what_was_loaded_is_refused(ulong entry) =>
        Assert.Equal($"vmlinux: ELF header: e_entry: entry point 0x{entry:x} is outside every loaded segment", Refused(elf => Put64(elf, 24, entry)).Message);

    [Fact]
    [Trait("Row", "5")]
    public void Pvh_entry_outside_what_was_loaded_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] elf = new ElfBuilder(true).Load(0x10_0000, [0xF4]).PvhNote(0x10_0001).Build();
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", elf) }, ram.Memory));
        Assert.Equal("vmlinux: PVH note: entry point 0x100001 is outside every loaded segment", fault.Message);
    }

    [Fact]
    [Trait("Row", "10")]
    public void Kernel_that_shrinks_while_it_is_read_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] elf = s_builder.Build();
        var fault = Assert.Throws<BootException>(() =>
            BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", elf[..^1], claimedLength: (ulong)elf.Length) }, ram.Memory));
        Assert.Equal($"vmlinux: segment 1: the file became shorter than 0x{elf.Length:x} bytes while it was read", fault.Message);
    }

    [Fact]
    [Trait("Row", "10")]
    public void Empty_kernel_is_refused()
    {
        using var ram = TestRam.OfMiB(2);
        var fault = Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", []) }, ram.Memory));
        Assert.Equal("vmlinux: the kernel image is empty", fault.Message);
    }

    [Fact]
    public void No_byte_of_the_headers_can_bring_the_loader_down()
    {
        using var ram = TestRam.OfMiB(2);
        byte[] good = new ElfBuilder(true) { Entry = 0x10_0000 }.Load(0x10_0000, [0xF4, 0xF4]).PvhNote(0x10_0000).Build();
        for (int at = 0; at < good.Length; at++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7F, 0x80, 0xFF])
            {
                byte[] elf = [.. good];
                elf[at] = value;
                foreach (BootProtocol protocol in (BootProtocol[])[BootProtocol.Auto, BootProtocol.Pvh, BootProtocol.Linux64])
                {
                    try
                    {
                        BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", elf), Protocol = protocol }, ram.Memory);
                    }
                    catch (BootException fault)
                    {
                        Assert.DoesNotContain('\n', fault.Message);
                    }
                }
            }
        }
    }

    private static BootException Refused(Action<byte[]> spoil, ulong? entry = null)
    {
        using var ram = TestRam.OfMiB(2);
        byte[] elf = s_builder.Build();
        if (entry is { } value)
            Put64(elf, 24, value);
        spoil(elf);
        // A wrong first byte leaves no trace of an ELF, so the protocol is named.
        BootProtocol protocol = elf[0] == 0x7F ? BootProtocol.Auto : BootProtocol.Pvh;
        return Assert.Throws<BootException>(() => BootLoader.Load(new BootRequest { Kernel = new MemoryImage("vmlinux", elf), Protocol = protocol }, ram.Memory));
    }

    private static void Put64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
