namespace Vmm.Inspect;

/// <summary>Interrupts in words.</summary>
internal static class InterruptWords
{
    /// <summary>Delivery modes of local vectors and of an I/O APIC's inputs (Intel SDM 3A, 11.5.1; 82093AA, 3.2.4).</summary>
    public static string Delivery(uint mode) => mode switch
    {
        0 => "fixed",
        1 => "lowest priority",
        2 => "SMI",
        4 => "NMI",
        5 => "INIT",
        7 => "ExtINT",
        _ => $"mode {mode}",
    };

    /// <summary>An input of an I/O APIC.</summary>
    /// <param name="entry">Its redirection entry.</param>
    public static string Redirection(ulong entry) =>
        $"{((entry & 1 << 16) != 0 ? "masked" : "open")}, {Delivery((uint)(entry >> 8 & 7))}, {((entry & 1 << 15) != 0 ? "level" : "edge")}, {((entry & 1 << 13) != 0 ? "active low" : "active high")}"
        + ((entry & 1 << 14) != 0 ? ", being served" : "") + ((entry & 1 << 12) != 0 ? ", on its way" : "");

    /// <summary>Where an input of an I/O APIC leads.</summary>
    public static string Destination(ulong entry) => $"{((entry & 1 << 11) != 0 ? "logical" : "APIC")} {entry >> 56}";

    /// <summary>The lines of an 8259A that are set, counted from its first.</summary>
    /// <param name="bits">A bit a line.</param>
    /// <param name="first">0 for the first chip, 8 for the second.</param>
    public static IReadOnlyList<string> Lines(byte bits, int first) => [.. Enumerable.Range(0, 8).Where(line => (bits >> line & 1) != 0).Select(line => $"{first + line}")];

    /// <summary>Modes of a counter of the 8254.</summary>
    public static string CounterMode(byte mode) => mode switch
    {
        0 => "one-shot, interrupt at 0",
        1 => "one-shot, by its gate",
        2 => "rate generator",
        3 => "square wave",
        4 => "strobe",
        5 => "strobe by its gate",
        _ => $"mode {mode}",
    };
}
