using Vmm.Firmware;
using Vmm.Firmware.Assembly;
using Xunit;

namespace Vmm.Tests.Kvm.Firmware;

/// <summary>The images of tiny guests, and what the catalogue says of them.</summary>
[Trait("Needs", "nothing")]
public sealed class FirmwareImageTests
{
    private const ulong OneMiB = 1 << 20;

    public static TheoryData<string> Names => GuestNames.All;

    [Theory]
    [MemberData(nameof(Names))]
    public void Elf_has_one_pvh_note_and_it_names_the_entry_point(string name)
    {
        var elf = new ParsedElf(GuestNames.Guest(name).BuildElf());

        ulong pvhEntry = Assert.Single(elf.PvhEntries);
        Assert.Equal(elf.Entry, pvhEntry);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Entry_point_lies_in_an_executable_segment(string name)
    {
        var elf = new ParsedElf(GuestNames.Guest(name).BuildElf());

        Assert.Contains(elf.Loads, s => s.Executable && s.Address <= elf.Entry && elf.Entry < s.End);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Segments_lie_in_the_second_mebibyte_and_do_not_overlap(string name)
    {
        var elf = new ParsedElf(GuestNames.Guest(name).BuildElf());

        ulong free = OneMiB;
        foreach (ParsedElf.Segment segment in elf.Loads)
        {
            Assert.True(segment.Address >= free, $"segment at 0x{segment.Address:x} begins below 0x{free:x}");
            Assert.Equal((ulong)segment.Content.Length, segment.MemorySize);
            free = segment.End;
        }
        Assert.True(free <= 2 * OneMiB);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Flat_binary_holds_what_the_elf_loads(string name)
    {
        TinyGuest guest = GuestNames.Guest(name);
        GuestImage image = guest.Build();
        byte[] flat = image.ToFlatBinary();

        byte[] loaded = new byte[flat.Length];
        foreach (ParsedElf.Segment segment in new ParsedElf(guest.BuildElf()).Loads)
            segment.Content.CopyTo(loaded, (int)(segment.Address - image.LoadAddress));
        Assert.Equal(loaded, flat);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Building_twice_gives_the_same_bytes(string name)
    {
        TinyGuest guest = GuestNames.Guest(name);

        Assert.Equal(guest.BuildElf(), guest.BuildElf());
        Assert.Equal(guest.BuildElf(), guest.Build(withMarks: true).ToPvhElf());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Guest_explains_itself(string name)
    {
        TinyGuest guest = GuestNames.Guest(name);

        Assert.InRange(guest.Summary.Length, 20, 76);
        Assert.InRange(guest.Explanation.Length, 100, 800);
        Assert.EndsWith(".", guest.Explanation);
        Assert.InRange(guest.Needs.MemoryMiB, 2, 64);
        Assert.InRange(guest.Needs.Vcpus, 1, 64);
        Assert.All(guest.Parameters, parameter => Assert.Matches("^[a-z]+$", parameter.Name));
    }

    [Fact]
    public void Names_are_plain_words_and_no_two_are_the_same()
    {
        Assert.All(FirmwareCatalog.All, guest => Assert.Matches("^[a-z]+(-[a-z]+)*$", guest.Name));
        Assert.Equal(FirmwareCatalog.All.Count, FirmwareCatalog.All.Select(guest => guest.Name).Distinct().Count());
    }

    [Fact]
    public void Find_takes_no_notice_of_case_and_returns_null_for_a_stranger()
    {
        Assert.Equal("hello", FirmwareCatalog.Find("HELLO")?.Name);
        Assert.Null(FirmwareCatalog.Find("no-such-guest"));
    }

    [Fact]
    public void Monitor_runs_when_no_kernel_is_given() => Assert.Equal("monitor", FirmwareCatalog.Default.Name);

    [Fact]
    public void Byte_guest_fits_in_a_few_hundred_bytes_of_file() =>
        Assert.InRange(GuestNames.Guest("byte").BuildElf().Length, 100, 300);
}
