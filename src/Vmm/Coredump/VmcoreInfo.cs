using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Vmm.Coredump;

/// <summary>
/// What a Linux kernel tells debuggers of itself. It keeps it as an ELF note at the start of a page of its own (linux:
/// kernel/vmcore_info.c), which is found by that.
/// </summary>
internal static class VmcoreInfo
{
    /// <summary>The note's name.</summary>
    public const string Name = "VMCOREINFO";

    /// <summary>Bytes of the note's header: three numbers, the name with its zero, padded.</summary>
    public const int HeaderSize = 12 + 12;

    /// <summary>What it says begins with this.</summary>
    private static ReadOnlySpan<byte> FirstWords => "OSRELEASE="u8;

    /// <summary>Looks at a page.</summary>
    /// <returns>What it says; empty when the page is another.</returns>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> page)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(page) != Name.Length + 1 || !page[12..].StartsWith("VMCOREINFO\0"u8) || !page[HeaderSize..].StartsWith(FirstWords))
            return default;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(page[4..]);
        return length <= page.Length - HeaderSize ? page.Slice(HeaderSize, (int)length) : default;
    }

    /// <summary>Looks a number up.</summary>
    /// <param name="told">What the kernel says: lines of <c>name=value</c>.</param>
    /// <param name="name">Which: <c>SYMBOL(name)</c> is hexadecimal, <c>NUMBER(name)</c> decimal, with a sign.</param>
    /// <param name="value">It.</param>
    /// <returns>False when it is not said, or is no number.</returns>
    public static bool TryNumber(ReadOnlySpan<byte> told, string name, out ulong value)
    {
        value = 0;
        foreach (Range range in told.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = told[range];
            if (line.Length <= name.Length || line[name.Length] != '=' || !Ascii.Equals(line[..name.Length], name))
                continue;
            ReadOnlySpan<byte> number = line[(name.Length + 1)..];
            if (name.StartsWith("SYMBOL", StringComparison.Ordinal))
                return ulong.TryParse(number, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            bool known = long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed);
            value = unchecked((ulong)signed);
            return known;
        }
        return false;
    }
}
