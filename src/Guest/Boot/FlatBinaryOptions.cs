using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Where a flat binary is loaded and entered. What is left null follows the documented default.</summary>
/// <remarks>
/// A boot sector (at most 512 bytes, of which the last two are 55 AA) is loaded at 0x7C00 and entered at 0000:7C00 with
/// DL = 0x80, as a PC's BIOS does. Anything else is loaded at 0x1_0000 and entered at 1000:0000. In both cases the
/// processor is in real mode, interrupts are off, and DS = ES = SS = CS. There is no BIOS behind the interrupt vectors.
/// </remarks>
public sealed record FlatBinaryOptions
{
    /// <summary>Where the first byte goes.</summary>
    public GuestAddress? LoadAddress { get; init; }

    /// <summary>Where execution starts, as a physical address below 1 MiB; by default the load address.</summary>
    public GuestAddress? Entry { get; init; }
}
