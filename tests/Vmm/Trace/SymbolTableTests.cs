using Vmm.Host;
using Vmm.Trace;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>Names of addresses.</summary>
public sealed class SymbolTableTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Address_is_in_the_last_symbol_that_begins_before_it()
    {
        SymbolTable table = new([(0x2000, "second"), (0x1000, "first")]);
        Assert.Null(table.Find(0xfff));
        Assert.Equal("first", table.Find(0x1000));
        Assert.Equal("first+0xfff", table.Find(0x1fff));
        Assert.Equal("second+0x10", table.Find(0x2010));
    }

    [Fact]
    public void Map_is_read_without_what_is_no_address_in_the_kernel()
    {
        File.WriteAllText(_path, "0000000000000000 A absolute\nffffffff81000000 T startup_64\nffffffff81000100 t local\t[module]\nnonsense\n\n");
        SymbolTable table = SymbolTable.Open(_path);
        Assert.Equal(2, table.Count);
        Assert.Equal("startup_64+0x8", table.Find(0xffff_ffff_8100_0008));
        Assert.Equal("local", table.Find(0xffff_ffff_8100_0100));
    }

    [Fact]
    public void Elf_with_symbols_is_read()
    {
        // The runtime's own library has a table of dynamic symbols only; a static helper of the lab is not here. The test makes one.
        byte[] file = new byte[64 + 3 * 64 + 2 * 24 + 8];
        "\u007fELF\u0002\u0001"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(0x28), 64ul);
        BitConverter.TryWriteBytes(file.AsSpan(0x3a), (ushort)64);
        BitConverter.TryWriteBytes(file.AsSpan(0x3c), (ushort)3);
        int symbols = 64 + 3 * 64, names = symbols + 48;
        Section(file, 1, type: 2, symbols, 48, link: 2);
        Section(file, 2, type: 3, names, 8, link: 0);
        BitConverter.TryWriteBytes(file.AsSpan(symbols + 24), 1u);
        file[symbols + 28] = 2;
        file[symbols + 30] = 1;
        BitConverter.TryWriteBytes(file.AsSpan(symbols + 32), 0x1234ul);
        "\0main\0"u8.CopyTo(file.AsSpan(names));
        File.WriteAllBytes(_path, file);
        Assert.Equal("main+0x1", SymbolTable.Open(_path).Find(0x1235));

        // Damaged anywhere: read or refused, nothing else.
        for (int i = 0; i < file.Length; i++)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 0xff;
            ElfSymbols.Read(damaged);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no map")]
    public void File_without_symbols_is_refused_with_what_is_wanted(string text)
    {
        File.WriteAllText(_path, text);
        Assert.Contains("System.map", Assert.Throws<VmmException>(() => SymbolTable.Open(_path)).Message);
    }

    [Fact]
    public void File_that_is_not_there_is_named() => Assert.Contains("/no/such/map", Assert.Throws<VmmException>(() => SymbolTable.Open("/no/such/map")).Message);

    private static void Section(byte[] file, int index, uint type, int offset, int size, uint link)
    {
        Span<byte> header = file.AsSpan(64 + index * 64);
        BitConverter.TryWriteBytes(header[4..], type);
        BitConverter.TryWriteBytes(header[0x18..], (ulong)offset);
        BitConverter.TryWriteBytes(header[0x20..], (ulong)size);
        BitConverter.TryWriteBytes(header[0x28..], link);
    }
}
