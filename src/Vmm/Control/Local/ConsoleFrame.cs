namespace Vmm.Control.Local;

/// <summary>What a console's client sends: a byte that says what, a 16-bit little-endian length, and as many bytes.</summary>
internal static class ConsoleFrame
{
    /// <summary>Bytes typed.</summary>
    public const byte Data = (byte)'d';

    /// <summary>A break; no content.</summary>
    public const byte Break = (byte)'b';

    /// <summary>The window's size: columns and rows, 16 bits each, little-endian.</summary>
    public const byte Resize = (byte)'r';

    /// <summary>Before the content.</summary>
    public const int HeaderSize = 3;

    /// <summary>The longest content.</summary>
    public const int LongestContent = 4096;
}
