using System.Text;
using Vmm.Host;
using Vmm.Snapshot;
using Xunit;

namespace Vmm.Tests.Vmm.Snapshot;

public class SealedTextTests
{
    private const string Kind = "state";
    private static readonly byte[] s_json = Encoding.UTF8.GetBytes("""{"architecture":"x86-64","sections":[]}""");
    private static readonly byte[] s_sealed = SealedText.Seal(Kind, 3, s_json);

    [Fact]
    public void What_was_sealed_is_read_again_with_its_version()
    {
        Assert.Equal(s_json, SealedText.Open(s_sealed, Kind, newest: 3, "f", out int version).ToArray());
        Assert.Equal(3, version);
    }

    [Fact]
    public void A_person_can_read_it()
    {
        string[] lines = Encoding.UTF8.GetString(s_sealed).Split('\n');
        Assert.Matches("^vmm-state 3 39 [0-9a-f]{32}$", lines[0]);
        Assert.Equal(Encoding.UTF8.GetString(s_json), lines[1]);
    }

    [Fact]
    [Trait("Row", "69")]
    public void Each_flipped_bit_is_noticed()
    {
        for (int bit = 0; bit < s_sealed.Length * 8; bit++)
        {
            byte[] broken = [.. s_sealed];
            broken[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.Throws<VmmException>(() => SealedText.Open(broken, Kind, newest: 3, "f", out _));
        }
    }

    [Fact]
    [Trait("Row", "69")]
    public void Each_cut_is_noticed()
    {
        for (int length = 0; length < s_sealed.Length; length++)
            Assert.Throws<VmmException>(() => SealedText.Open(s_sealed.AsMemory(0, length), Kind, newest: 3, "f", out _));
        Assert.Throws<VmmException>(() => SealedText.Open((byte[])[.. s_sealed, (byte)' '], Kind, newest: 3, "f", out _));
    }

    [Theory]
    [Trait("Row", "70")]
    [InlineData("vmm-manifest 1 0 0\n", "f: this is no state of a vmm snapshot (it begins with 'vmm-manifest 1 0')")]
    [InlineData("\u007fELF\n", "f: this is no state of a vmm snapshot (it begins with '\\x7fELF\\x0a')")]
    [InlineData("", "f: it is empty, where a state of a snapshot should be")]
    [InlineData("vmm-state 4 0 0\n", "f: the state is of version 4, and this vmm (0.1.0) reads up to 3: use a newer vmm")]
    [InlineData("vmm-state 0 0 0\n", "f: '0' is no version of a state: the file is damaged")]
    [InlineData("vmm-state 1 99999999999999999999 0\n", "f: it has 0 bytes where its first line says '99999999999999999999': it was cut or damaged")]
    [InlineData("vmm-state 1 0 0\n", "f: its checksum is wrong: the file is damaged")]
    public void What_is_wrong_is_said(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<VmmException>(() => SealedText.Open(Encoding.Latin1.GetBytes(text), Kind, newest: 3, "f", out _)).Message);
}
