using System.Globalization;
using System.Text;

namespace Vmm.Machine.Config;

/// <summary>Makes text from users and files safe to show in a one-line message.</summary>
internal static class Printable
{
    private const int Longest = 200;

    /// <summary>Control characters become <c>\x1b</c>-like escapes; very long text is cut.</summary>
    public static string Escape(string text, int longest = Longest)
    {
        StringBuilder shown = new(Math.Min(text.Length, longest));
        foreach (char c in text)
        {
            if (shown.Length >= longest)
                return shown.Append('…').ToString();
            if (char.IsControl(c))
                shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                shown.Append(c);
        }
        return shown.ToString();
    }
}
