using System.Globalization;
using System.Text;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Trace;

/// <summary>Names of addresses, from a <c>System.map</c> (address, kind, name a line), or from a <c>vmlinux</c> with its symbols.</summary>
internal sealed class SymbolTable
{
    /// <summary>The longest file that is read as a map.</summary>
    private const long LongestMap = 256L << 20;

    private readonly ulong[] _addresses;
    private readonly string[] _names;

    /// <summary>Sorts symbols.</summary>
    /// <param name="symbols">Addresses and names, in any order.</param>
    public SymbolTable(IEnumerable<(ulong Address, string Name)> symbols)
    {
        (ulong Address, string Name)[] sorted = [.. symbols.OrderBy(symbol => symbol.Address)];
        _addresses = [.. sorted.Select(symbol => symbol.Address)];
        _names = [.. sorted.Select(symbol => Printable.Escape(symbol.Name))];
    }

    /// <summary>How many there are.</summary>
    public int Count => _names.Length;

    /// <summary>Reads a file.</summary>
    /// <exception cref="VmmException">It cannot be read, or has no symbols.</exception>
    public static SymbolTable Open(string path)
    {
        SymbolTable table;
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > LongestMap)
                throw new VmmException($"--symbols: '{Printable.Escape(path)}' has {file.Length} bytes, and the largest that is read {LongestMap}");
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            table = new SymbolTable(ElfSymbols.IsElf(bytes) ? ElfSymbols.Read(bytes) : ReadMap(Encoding.UTF8.GetString(bytes)));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"--symbols: '{Printable.Escape(path)}' cannot be read: {FileFault.Why(failed, path)}", cause: failed);
        }
        return table.Count > 0 ? table : throw new VmmException($"--symbols: '{Printable.Escape(path)}' has no symbols: a System.map (address, kind, name a line) or a vmlinux that was not stripped is wanted");
    }

    /// <summary>The symbol that an address is in, and how far; null before the first.</summary>
    public string? Find(ulong address)
    {
        int index = Array.BinarySearch(_addresses, address);
        index = index < 0 ? ~index - 1 : index;
        if (index < 0)
            return null;
        ulong into = address - _addresses[index];
        return into == 0 ? _names[index] : $"{_names[index]}+0x{into:x}";
    }

    /// <summary>A symbol's address; null when there is none of this name.</summary>
    public ulong? AddressOf(string name)
    {
        int index = Array.IndexOf(_names, name);
        return index < 0 ? null : _addresses[index];
    }

    private static IEnumerable<(ulong Address, string Name)> ReadMap(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string[] parts = line.Split(' ', 3, StringSplitOptions.TrimEntries);
            if (parts.Length == 3 && parts[1].Length == 1 && parts[1][0] is not ('a' or 'A' or 'U')
                && ulong.TryParse(parts[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address))
                yield return (address, parts[2].Split('\t')[0]);
        }
    }
}
