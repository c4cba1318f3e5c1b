using System.Globalization;
using System.Text;
using Vmm.Host;

namespace Vmm.Cli.Agent;

/// <summary>
/// What a program in the guest wrote, for the user: as it is where it goes to a file or pipe, and without anything that
/// could steer a terminal where it goes to one.
/// </summary>
internal static class GuestText
{
    /// <summary>Writes it to standard output or standard error.</summary>
    public static void Write(byte[]? output, bool toError)
    {
        if (output is not { Length: > 0 })
            return;
        bool redirected = toError ? System.Console.IsErrorRedirected : System.Console.IsOutputRedirected;
        using Stream stream = toError ? new OutputStream(StandardError.Descriptor) : StandardOutput.Open();
        stream.Write(redirected ? output : Encoding.UTF8.GetBytes(Clean(Encoding.UTF8.GetString(output))));
    }

    /// <summary>Text with lines and tabs; every other control character is shown by its number.</summary>
    public static string Clean(string text)
    {
        StringBuilder clean = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
                continue;
            if (c is '\n' or '\t' || !char.IsControl(c))
                clean.Append(c);
            else
                clean.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
        }
        return clean.ToString();
    }
}
