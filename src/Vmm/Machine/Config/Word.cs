namespace Vmm.Machine.Config;

/// <summary>Enumerations as users write them: the member's name in lower case.</summary>
internal static class Word
{
    /// <summary>The word for a value.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>Every word there is, as a list to show.</summary>
    public static string All<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();

    /// <summary>The value for a word.</summary>
    /// <exception cref="FormatException">Listing the words there are.</exception>
    public static T Parse<T>(string text)
        where T : struct, Enum
    {
        foreach (T value in Enum.GetValues<T>())
        {
            if (Of(value) == text)
                return value;
        }
        throw new FormatException($"'{Printable.Escape(text)}' is none of {All<T>()}");
    }
}
