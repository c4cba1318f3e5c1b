using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Vmm.Inspect;

/// <summary>
/// The devices that a table in AML declares, with their hardware IDs (ACPI 6.5, 20.2.5.2 and 6.1.5). Found by their opcodes, and not by
/// reading the program: <c>iasl</c> does that.
/// </summary>
internal static class AmlDevices
{
    private const byte ExtendedOp = 0x5b, DeviceOp = 0x82, NameOp = 0x08, DwordPrefix = 0x0c, StringPrefix = 0x0d;
    private const int NameLength = 4, LongestId = 16;

    private static readonly SearchValues<byte> s_nameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"u8);

    /// <summary>The devices, in order: name and <c>_HID</c>; none for one without.</summary>
    public static IEnumerable<(string Name, string? HardwareId)> Of(AcpiTable table)
    {
        byte[] aml = table.Content;
        for (int at = AcpiTable.HeaderSize; at + 3 < aml.Length; at++)
        {
            if (aml[at] != ExtendedOp || aml[at + 1] != DeviceOp)
                continue;
            // PkgLength (20.2.4): the two highest bits say how many bytes follow.
            int more = aml[at + 2] >> 6, length = more == 0 ? aml[at + 2] & 0x3f : aml[at + 2] & 0xf;
            int name = at + 3 + more;
            if (name + NameLength > aml.Length)
                yield break;
            for (int i = 0; i < more; i++)
                length |= aml[at + 3 + i] << (4 + 8 * i);
            if (!IsName(aml.AsSpan(name, NameLength)))
                continue;
            int end = Math.Min(aml.Length, at + 2 + length);
            int body = name + NameLength;
            yield return (Encoding.ASCII.GetString(aml, name, NameLength), body < end ? IdIn(aml.AsSpan(body, end - body)) : null);
        }
    }

    /// <summary>The first name in a device is its <c>_HID</c>, before those of devices within it.</summary>
    private static string? IdIn(ReadOnlySpan<byte> device)
    {
        int within = device.IndexOf([ExtendedOp, DeviceOp]);
        if (within >= 0)
            device = device[..within];
        int at = device.IndexOf([NameOp, (byte)'_', (byte)'H', (byte)'I', (byte)'D']);
        if (at < 0)
            return null;
        ReadOnlySpan<byte> value = device[(at + 1 + NameLength)..];
        return value switch
        {
            [DwordPrefix, _, _, _, _, ..] => EisaId(BinaryPrimitives.ReadUInt32BigEndian(value[1..])),
            [StringPrefix, .. var text] when text.IndexOf((byte)0) is > 0 and <= LongestId and int length => Encoding.ASCII.GetString(text[..length]),
            _ => null,
        };
    }

    /// <summary>Three letters of five bits each, and four hexadecimal digits (19.3.4).</summary>
    private static string EisaId(uint id)
    {
        char Letter(int shift) => (char)('@' + (id >> shift & 0x1f));
        return $"{Letter(26)}{Letter(21)}{Letter(16)}{id & ushort.MaxValue:X4}";
    }

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name[0] is (>= (byte)'A' and <= (byte)'Z') or (byte)'_' && !name.ContainsAnyExcept(s_nameCharacters);
}
