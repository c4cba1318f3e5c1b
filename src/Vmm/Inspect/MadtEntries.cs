using System.Buffers.Binary;

namespace Vmm.Inspect;

/// <summary>What a MADT says of processors and interrupt controllers, in words (ACPI 6.5, 5.2.12).</summary>
internal static class MadtEntries
{
    private const int First = AcpiTable.HeaderSize + 8;
    private const byte LocalApic = 0, IoApic = 1, Override = 2, LocalNmi = 4, X2Apic = 9, X2Nmi = 10;

    /// <summary>Far more than a machine of 64 vCPUs has: the guest may have written the table.</summary>
    private const int Most = 1024;

    /// <summary>Its entries, in order. One of length 0, or beyond the end, is the last.</summary>
    public static IEnumerable<string> Of(AcpiTable madt)
    {
        byte[] bytes = madt.Content;
        int count = 0;
        for (int at = First; at + 2 <= bytes.Length;)
        {
            if (++count > Most)
            {
                yield return $"more than {Most} entries: the rest is not shown";
                yield break;
            }
            int length = bytes[at + 1];
            if (length < 2 || length > bytes.Length - at)
            {
                yield return $"an entry of {length} bytes at 0x{at:x}, which cannot be: the table is damaged";
                yield break;
            }
            yield return Describe(bytes.AsSpan(at, length));
            at += length;
        }
    }

    private static string Describe(ReadOnlySpan<byte> e) => (e[0], e.Length) switch
    {
        (LocalApic, >= 8) => $"processor {e[2]}: APIC {e[3]}, {Enabled(U32(e, 4))}",
        (IoApic, >= 12) => $"I/O APIC {e[2]} at 0x{U32(e, 4):x}, inputs from GSI {U32(e, 8)}",
        (Override, >= 10) => $"ISA interrupt {e[3]} is GSI {U32(e, 4)}",
        (LocalNmi, >= 6) => $"NMI at LINT{e[5]} of {(e[2] == 0xff ? "all processors" : $"processor {e[2]}")}",
        (X2Apic, >= 16) => $"processor {U32(e, 12)}: x2APIC {U32(e, 4)}, {Enabled(U32(e, 8))}",
        (X2Nmi, >= 12) => $"NMI at LINT{e[8]} of {(U32(e, 4) == uint.MaxValue ? "all processors" : $"processor {U32(e, 4)}")}",
        _ => $"entry of type {e[0]}, {e.Length} bytes",
    };

    private static string Enabled(uint flags) => (flags & 1) != 0 ? "usable" : (flags & 2) != 0 ? "can be added" : "not usable";

    private static uint U32(ReadOnlySpan<byte> e, int at) => BinaryPrimitives.ReadUInt32LittleEndian(e[at..]);
}
