using System.Buffers.Text;
using System.Text;

namespace Vmm.Vsock;

/// <summary>The one line by which a program of the host says whom it wants to talk to, <c>CONNECT port\n</c>, as in Firecracker and Cloud Hypervisor.</summary>
internal static class VsockGreeting
{
    /// <summary>The longest line: the word, ten digits, a carriage return and the line's end.</summary>
    public const int LongestLine = 8 + 10 + 2;

    /// <summary>Looks for the line.</summary>
    /// <param name="bytes">What has come so far, at least as much as there is of the line.</param>
    /// <param name="length">The line's length, its end included; 0 when it is not all there.</param>
    /// <param name="port">The guest's port.</param>
    /// <returns>False when it is, or will be, no such line.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out int length, out uint port)
    {
        (length, port) = (0, 0);
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0)
            return bytes.Length < LongestLine;
        ReadOnlySpan<byte> line = bytes[..end];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        ReadOnlySpan<byte> word = "CONNECT "u8;
        if (line.Length <= word.Length || !Ascii.EqualsIgnoreCase(line[..word.Length], word))
            return false;
        line = line[word.Length..];
        if (!Utf8Parser.TryParse(line, out port, out int digits) || digits != line.Length)
            return false;
        length = end + 1;
        return true;
    }

    /// <summary>Writes the answer, <c>OK port\n</c>.</summary>
    /// <param name="hostPort">The port at this end.</param>
    /// <param name="bytes">Room for <see cref="LongestLine"/>.</param>
    /// <returns>The answer's length.</returns>
    public static int WriteAnswer(uint hostPort, Span<byte> bytes)
    {
        "OK "u8.CopyTo(bytes);
        Utf8Formatter.TryFormat(hostPort, bytes[3..], out int digits);
        bytes[3 + digits] = (byte)'\n';
        return 3 + digits + 1;
    }
}
