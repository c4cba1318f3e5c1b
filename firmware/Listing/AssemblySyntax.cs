namespace Vmm.Firmware.Listing;

/// <summary>The languages a listing can be written in.</summary>
public enum AssemblySyntax
{
    /// <summary>As the assembler nasm reads it.</summary>
    Nasm,

    /// <summary>As in Intel's manuals.</summary>
    Intel,

    /// <summary>AT&amp;T syntax, as the GNU assembler reads it.</summary>
    Gas,
}
