using System.Buffers.Binary;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>The few fields of the BIOS data area that kernels read without asking whether there was a BIOS.</summary>
/// <remarks>
/// Xen puts its trampoline below the lower of Multiboot's mem_lower and the size found here; where both fields are zero it
/// computes a negative address and overwrites itself. (IBM PC/AT Technical Reference, System BIOS, data area at 0040:0000.)
/// </remarks>
internal static class BiosDataArea
{
    /// <summary>0040:0000, four words: the serial ports' addresses.</summary>
    public const ulong SerialPortsAt = 0x400;

    /// <summary>0040:000E, a word: the segment of the extended BIOS data area.</summary>
    public const ulong EbdaSegmentAt = 0x40E;

    /// <summary>0040:0013, a word: KiB of memory below it.</summary>
    public const ulong BaseMemoryAt = 0x413;

    private const int ParagraphShift = 4;
    private const int KibibyteShift = 10;
    private const ushort FirstSerialPort = 0x3F8;

    /// <summary>Writes them.</summary>
    public static void Write(GuestMemory memory)
    {
        Put(SerialPortsAt, FirstSerialPort);
        Put(EbdaSegmentAt, (ushort)(MemoryLayout.EbdaStart >> ParagraphShift));
        Put(BaseMemoryAt, (ushort)(MemoryLayout.EbdaStart >> KibibyteShift));

        void Put(ulong address, ushort value)
        {
            Span<byte> word = stackalloc byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16LittleEndian(word, value);
            memory.TryWrite(new GuestAddress(address), word);
        }
    }
}
