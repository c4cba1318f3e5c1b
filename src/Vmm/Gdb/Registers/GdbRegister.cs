namespace Vmm.Gdb.Registers;

/// <summary>A register as the debugger knows it.</summary>
/// <param name="Name">Its name in gdb.</param>
/// <param name="Bits">Its width on the wire.</param>
/// <param name="Type">Its type in gdb.</param>
/// <param name="Offset">Where it begins in the block of all registers, in bytes.</param>
internal readonly record struct GdbRegister(string Name, int Bits, string Type, int Offset)
{
    /// <summary>Its length in bytes.</summary>
    public int Length => Bits / 8;
}
