using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>
/// Five instructions where a PC's BIOS starts, F000:FFF0: they reset the machine. There is no BIOS here, but a guest may
/// still go there to reboot.
/// </summary>
/// <remarks>
/// Linux does so on hardware-reduced machines: it takes them for EFI ones and never tries the ACPI reset register; having
/// no EFI it then goes back to real mode and jumps to F000:FFF0 (arch/x86/kernel/reboot.c, BOOT_EFI then BOOT_BIOS).
/// Without these bytes it would run through zeros until something breaks.
/// </remarks>
internal static class ResetVector
{
    /// <summary>F000:FFF0.</summary>
    public const ulong Address = 0xF_FFF0;

    /// <summary>The bytes, as real-mode code.</summary>
    private static ReadOnlySpan<byte> Code =>
    [
        0xBA, AcpiHardware.ResetPort & 0xFF, AcpiHardware.ResetPort >> 8,   // mov dx, ResetPort
        0xB0, AcpiHardware.ResetValue,                                      // mov al, ResetValue
        0xEE,                                                               // out dx, al
        0xF4,                                                               // hlt
        0xEB, 0xFD,                                                         // jmp to the hlt
    ];

    /// <summary>Writes them.</summary>
    /// <returns>False when there is no RAM.</returns>
    public static bool TryWrite(GuestMemory memory) => memory.TryWrite(new GuestAddress(Address), Code);
}
