using System.Buffers.Binary;
using Vmm.Firmware.Assembly;

namespace Vmm.Firmware.Blocks;

/// <summary>
/// The global descriptor table of every guest that changes modes. Segments are flat (base 0); what differs between them
/// is the width of the code and the privilege level (Intel SDM 3A, 3.4.5).
/// </summary>
internal static class Descriptors
{
    public const ushort Code32 = 0x08;

    // SYSCALL loads CS from one selector and SS from the next, so the data segment follows the 64-bit code segment.
    public const ushort Code64 = 0x10;
    public const ushort Data = 0x18;
    public const ushort Code16 = 0x20;
    public const ushort Data16 = 0x28;

    // SYSRET loads SS from the selector it is given + 8 and CS from + 16, so user data stands before user code.
    public const ushort SysretBase = 0x30;
    public const ushort UserData = 0x38 | 3;
    public const ushort UserCode = 0x40 | 3;
    public const ushort TaskState = 0x48;

    /// <summary>A 64-bit TSS descriptor takes two slots (SDM 3A, 8.2.3).</summary>
    private const int Slots = 11;

    // Access byte and flags in their place in the descriptor: present, type, G = 4 KiB granularity, D = 32-bit, L = 64-bit.
    private const ulong Flat = 0x000F_0000_0000_FFFF | 1UL << 55;
    private const ulong Width32 = 1UL << 54;
    private const ulong Width64 = 1UL << 53;
    private const ulong CodeAccess = 0x9BUL << 40;
    private const ulong DataAccess = 0x93UL << 40;
    private const ulong User = 3UL << 45;

    /// <summary>The table's bytes, without a TSS.</summary>
    public static byte[] Table()
    {
        byte[] table = new byte[Slots * 8];
        Set(table, Code32, Flat | CodeAccess | Width32);
        Set(table, Data, Flat | DataAccess | Width32);
        Set(table, Code64, Flat | CodeAccess | Width64);
        // Real mode goes on with the limits it finds in the segment registers, so these two end at 64 KiB.
        Set(table, Code16, 0xFFFF | CodeAccess);
        Set(table, Data16, 0xFFFF | DataAccess);
        Set(table, SysretBase, Flat | DataAccess | User);
        Set(table, UserData & ~3, Flat | DataAccess | Width32 | User);
        Set(table, UserCode & ~3, Flat | CodeAccess | Width64 | User);
        return table;
    }

    /// <summary>Places the table and the pointer LGDT reads; returns the address of the pointer.</summary>
    public static (uint Table, uint Pointer) Place(DataSection data)
    {
        uint address = data.Add("gdt", Table(), alignment: 8);
        return (address, data.Add("gdt_pointer", Pointer(address), alignment: 8));
    }

    /// <summary>What LGDT reads: limit and base.</summary>
    public static byte[] Pointer(uint table)
    {
        byte[] pointer = new byte[10];
        BinaryPrimitives.WriteUInt16LittleEndian(pointer, Slots * 8 - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(2), table);
        return pointer;
    }

    private static void Set(byte[] table, int selector, ulong descriptor) =>
        BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(selector), descriptor);
}
