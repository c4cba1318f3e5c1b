using Vmm.Inspect;
using Xunit;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>A MADT as the machine wrote it, and as a guest may have written it anew.</summary>
public class MadtEntriesTests
{
    private static readonly byte[] s_processor = [0, 8, 1, 3, 1, 0, 0, 0];

    [Fact]
    public void Entries_are_words() =>
        Assert.Equal(["processor 1: APIC 3, usable", "I/O APIC 2 at 0xfec00000, inputs from GSI 0", "entry of type 77, 2 bytes"],
            Of([.. s_processor, 1, 12, 2, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0, 77, 2]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public void Entry_that_cannot_be_is_the_last(byte length)
    {
        string[] said = Of([.. s_processor, 0, length, .. s_processor]);
        Assert.Equal(2, said.Length);
        Assert.Contains($"an entry of {length} bytes", said[1]);
    }

    [Fact]
    public void Table_of_nothing_but_entries_comes_to_an_end()
    {
        string[] said = Of([.. Enumerable.Repeat<byte[]>([77, 2], 100_000).SelectMany(entry => entry)]);
        Assert.InRange(said.Length, 100, 10_000);
        Assert.Contains("the rest is not shown", said[^1]);
    }

    [Fact]
    public void Any_type_of_any_length_can_be_told()
    {
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            for (int length = 2; length <= 20; length++)
                Assert.Single(Of([(byte)type, (byte)length, .. new byte[length - 2]]));
        }
    }

    private static string[] Of(byte[] entries) => [.. MadtEntries.Of(new AcpiTable(0, [.. new byte[AcpiTable.HeaderSize + 8], .. entries]))];
}
