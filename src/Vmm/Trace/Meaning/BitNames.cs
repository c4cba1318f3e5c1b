namespace Vmm.Trace.Meaning;

/// <summary>Bits of a register by name.</summary>
internal static class BitNames
{
    /// <summary>The names of those that are set, and what is set besides.</summary>
    /// <param name="value">The value.</param>
    /// <param name="names">From bit 0 up; empty for one without a name.</param>
    public static string Of(ulong value, params ReadOnlySpan<string> names)
    {
        if (value == 0)
            return "none";
        List<string> set = [];
        for (int bit = 0; bit < names.Length; bit++)
        {
            if (names[bit].Length > 0 && (value >> bit & 1) != 0)
            {
                set.Add(names[bit]);
                value &= ~(1UL << bit);
            }
        }
        if (value != 0)
            set.Add($"0x{value:x}");
        return string.Join(' ', set);
    }
}
