using System.Buffers.Binary;

namespace Vmm.Gdb.Registers;

/// <summary>x87 and SSE registers between the debugger's order and the legacy region of an XSAVE area (Intel SDM 1, 10.5.1 and 13.4).</summary>
internal static class FloatingPoint
{
    /// <summary>The least that an area has: the legacy region and the header.</summary>
    public const int LeastArea = Header + 64;

    private const int Fcw = 0;
    private const int Fsw = 2;
    private const int Ftw = 4;
    private const int Fop = 6;
    private const int Fip = 8;
    private const int Fdp = 16;
    private const int Mxcsr = 24;
    private const int MxcsrMask = 28;
    private const int St = 32;
    private const int StStride = 16;
    private const int StLength = 10;
    private const int Xmm = 160;
    private const int XmmLength = 16 * 16;

    /// <summary>XSTATE_BV: which components are not in their initial state.</summary>
    private const int Header = 512;
    private const ulong X87AndSse = 3;

    /// <summary>Where the debugger's control words are in their row: fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop.</summary>
    private static int Control(int index) => RegisterLayout.X87Control + 4 * index;

    /// <summary>Copies an area's registers into a block.</summary>
    public static void Put(ReadOnlySpan<byte> area, Span<byte> block)
    {
        for (int i = 0; i < 8; i++)
            area.Slice(St + StStride * i, StLength).CopyTo(block[(RegisterLayout.X87 + StLength * i)..]);
        area.Slice(Xmm, XmmLength).CopyTo(block[RegisterLayout.Xmm..]);
        area.Slice(Mxcsr, 4).CopyTo(block[RegisterLayout.Mxcsr..]);
        ushort status = BinaryPrimitives.ReadUInt16LittleEndian(area[Fsw..]);
        PutHalf(block, 0, BinaryPrimitives.ReadUInt16LittleEndian(area[Fcw..]));
        PutHalf(block, 1, status);
        PutHalf(block, 2, X87Tags.Full(area[Ftw], status, area[St..]));
        PutHalf(block, 3, BinaryPrimitives.ReadUInt16LittleEndian(area[(Fip + 4)..]));
        PutHalf(block, 4, BinaryPrimitives.ReadUInt32LittleEndian(area[Fip..]));
        PutHalf(block, 5, BinaryPrimitives.ReadUInt16LittleEndian(area[(Fdp + 4)..]));
        PutHalf(block, 6, BinaryPrimitives.ReadUInt32LittleEndian(area[Fdp..]));
        PutHalf(block, 7, BinaryPrimitives.ReadUInt16LittleEndian(area[Fop..]));
    }

    /// <summary>Copies a block's registers into an area, whose other components stay.</summary>
    public static void Take(ReadOnlySpan<byte> block, Span<byte> area)
    {
        for (int i = 0; i < 8; i++)
            block.Slice(RegisterLayout.X87 + StLength * i, StLength).CopyTo(area[(St + StStride * i)..]);
        block.Slice(RegisterLayout.Xmm, XmmLength).CopyTo(area[Xmm..]);
        // Bits that this processor has not got would be refused with all the rest.
        uint mask = BinaryPrimitives.ReadUInt32LittleEndian(area[MxcsrMask..]);
        BinaryPrimitives.WriteUInt32LittleEndian(area[Mxcsr..], BinaryPrimitives.ReadUInt32LittleEndian(block[RegisterLayout.Mxcsr..]) & (mask == 0 ? 0xffbf : mask));
        BinaryPrimitives.WriteUInt16LittleEndian(area[Fcw..], (ushort)Half(block, 0));
        BinaryPrimitives.WriteUInt16LittleEndian(area[Fsw..], (ushort)Half(block, 1));
        area[Ftw] = X87Tags.Abridged((ushort)Half(block, 2));
        BinaryPrimitives.WriteUInt32LittleEndian(area[Fip..], Half(block, 4));
        BinaryPrimitives.WriteUInt16LittleEndian(area[(Fip + 4)..], (ushort)Half(block, 3));
        BinaryPrimitives.WriteUInt32LittleEndian(area[Fdp..], Half(block, 6));
        BinaryPrimitives.WriteUInt16LittleEndian(area[(Fdp + 4)..], (ushort)Half(block, 5));
        BinaryPrimitives.WriteUInt16LittleEndian(area[Fop..], (ushort)(Half(block, 7) & 0x7ff));
        ulong used = BinaryPrimitives.ReadUInt64LittleEndian(area[Header..]);
        BinaryPrimitives.WriteUInt64LittleEndian(area[Header..], used | X87AndSse);
    }

    private static uint Half(ReadOnlySpan<byte> block, int index) => BinaryPrimitives.ReadUInt32LittleEndian(block[Control(index)..]);

    private static void PutHalf(Span<byte> block, int index, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(block[Control(index)..], value);
}
