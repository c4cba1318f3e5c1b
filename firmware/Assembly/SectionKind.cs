namespace Vmm.Firmware.Assembly;

/// <summary>What the bytes of a section are, and how the processor reads them.</summary>
public enum SectionKind
{
    /// <summary>Texts, variables, tables.</summary>
    Data = 0,

    /// <summary>Real-mode code.</summary>
    Code16 = 16,

    /// <summary>Protected-mode code.</summary>
    Code32 = 32,

    /// <summary>Long-mode code.</summary>
    Code64 = 64,
}
