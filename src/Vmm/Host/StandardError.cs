using System.Text;

namespace Vmm.Host;

/// <summary>
/// Standard error by its number. The runtime's own stream first duplicates the descriptor, which fails just where the
/// message to write is that there are none left.
/// </summary>
internal static class StandardError
{
    /// <summary>Its number.</summary>
    public const int Descriptor = 2;

    /// <summary>Writes a text; what cannot be written is dropped.</summary>
    public static unsafe void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = Linux.write(Descriptor, start + done, (nuint)(bytes.Length - done));
                if (written <= 0 && !Linux.Interrupted)
                    return;
                done += (int)Math.Max(written, 0);
            }
        }
    }
}
