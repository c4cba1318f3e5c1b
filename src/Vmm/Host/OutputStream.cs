using System.Runtime.InteropServices;
using System.Text;

namespace Vmm.Host;

/// <summary>
/// Standard output or standard error, written as it is. The runtime's own streams first set a terminal up for keys to be read
/// from it (terminfo's <c>smkx</c>), and leave it so.
/// </summary>
/// <param name="descriptor">Its number; it stays open.</param>
internal sealed class OutputStream(int descriptor) : WriteOnlyStream
{
    /// <summary>A command prints a few lines.</summary>
    private const int BufferSize = 512;

    /// <summary>Has everybody who prints, libraries too, write this way.</summary>
    public static void Use()
    {
        System.Console.SetOut(Writer(StandardOutput.Descriptor));
        System.Console.SetError(Writer(StandardError.Descriptor));
    }

    /// <summary>Writes all of it. What nobody reads any more (EPIPE) is dropped: a filter such as <c>head</c> has had enough.</summary>
    /// <exception cref="IOException">It cannot be written, a full disk being the usual reason.</exception>
    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            for (int done = 0; done < buffer.Length;)
            {
                nint written = Linux.write(descriptor, start + done, (nuint)(buffer.Length - done));
                if (written >= 0)
                    done += (int)written;
                else if (Linux.LastError is Errno.EAGAIN)
                    AwaitRoom();
                else if (Linux.LastError is Errno.EPIPE)
                    return;
                else if (!Linux.Interrupted)
                    throw new IOException(Marshal.GetPInvokeErrorMessage((int)Linux.LastError), (int)Linux.LastError);
            }
        }
    }

    private static StreamWriter Writer(int descriptor) => new(new OutputStream(descriptor), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferSize) { AutoFlush = true };

    /// <summary>Somebody who shares the terminal or pipe has made it non-blocking.</summary>
    private unsafe void AwaitRoom()
    {
        Linux.pollfd poll = new() { fd = descriptor, events = Linux.POLLOUT };
        _ = Linux.ppoll(&poll, 1, null, null);
    }
}
