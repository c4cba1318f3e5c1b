using System.Text;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Network.Passt;

/// <summary>A running <c>passt</c>: the other end of <see cref="Socket"/>. It ends when that is closed, however this process ends.</summary>
/// <remarks>
/// The socket is one of a pair that <c>passt</c> inherits: nothing is left behind in the file system, nobody else can
/// connect, and it makes no difference that a <c>passt</c> of root becomes nobody's.
/// </remarks>
internal sealed unsafe class PasstProcess : IDisposable
{
    /// <summary>It takes a tenth of a second; a host that needs longer than this has other worries.</summary>
    private const int MillisecondsToGetReady = 20_000;

    /// <summary>rw--w--w-: a passt that became nobody's opens it by name.</summary>
    private const uint AllMayWrite = 0b110_010_010;

    private const int MostOfItsWords = 16 << 10;

    private readonly ChildProcess _child;
    private readonly SafeFd _words;

    private PasstProcess(ChildProcess child, SafeFd socket, SafeFd words) => (_child, Socket, _words) = (child, socket, words);

    /// <summary>The stream of frames to and from it.</summary>
    public SafeFd Socket { get; }

    /// <summary>Its number.</summary>
    public int Id => _child.Id;

    /// <summary>Starts it and waits until it has opened its ports.</summary>
    /// <param name="net">The device it is for.</param>
    /// <exception cref="VmmException">It is not installed, or refuses; says why.</exception>
    public static PasstProcess Start(NetConfig net)
    {
        string program = PasstProgram.Find();
        ForwardedPorts.Check(net);
        int* ends = stackalloc int[2];
        Check(Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends), "socketpair");
        SafeFd socket = new(ends[0]);
        using SafeFd its = new(ends[1]);
        Check(Linux.pipe2(ends, Linux.O_CLOEXEC), "pipe2");
        using SafeFd ready = new(ends[0]);
        SafeFd readying = new(ends[1]);
        // Its words are read when they are needed. Should they fill the pipe before, they are lost and it goes on.
        Check(Linux.pipe2(ends, Linux.O_CLOEXEC | Linux.O_NONBLOCK), "pipe2");
        SafeFd words = new(ends[0]);
        SafeFd speaking = new(ends[1]);
        PasstProcess? passt = null;
        try
        {
            Check(Linux.fchmod(readying.Number, AllMayWrite), "fchmod of a pipe");
            using SafeFd nothing = SafeFd.Own(Linux.open("/dev/null", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open of /dev/null");
            passt = new(ChildProcess.Start(program, PasstArguments.Of(net), nothing, nothing, speaking, its, readying), socket, words);
            // What is closed here is closed for good once it has ended.
            readying.Dispose();
            speaking.Dispose();
            if (!IsReady(ready))
                throw new VmmException($"{net.Id}: passt did not start ({passt.End()})");
            return passt;
        }
        catch
        {
            readying.Dispose();
            speaking.Dispose();
            socket.Dispose();
            passt?.Dispose();
            words.Dispose();
            throw;
        }
    }

    /// <summary>Ends it, and waits until it has given its ports back.</summary>
    /// <returns>How it ended, and its last words.</returns>
    public string End()
    {
        ChildExit exit = _child.End();
        string words = LastWords();
        return words.Length > 0 ? $"{exit}: {words}" : exit.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _child.End();
        Socket.Dispose();
        _words.Dispose();
    }

    private static void Check(int result, string operation)
    {
        if (result < 0)
            throw HostException.Last(operation);
    }

    /// <summary>Whether it wrote its number before it ended.</summary>
    private static bool IsReady(SafeFd ready)
    {
        Linux.pollfd one = new() { fd = ready.Number, events = Linux.POLLIN };
        Linux.timespec patience = new() { tv_sec = MillisecondsToGetReady / 1000 };
        int count;
        do
            count = Linux.ppoll(&one, 1, &patience, null);
        while (count < 0 && Linux.Interrupted);
        byte digit;
        return count > 0 && Linux.read(ready.Number, &digit, 1) == 1;
    }

    /// <summary>The last line it said that is about its trouble.</summary>
    private string LastWords()
    {
        byte[] text = new byte[MostOfItsWords];
        int length = 0;
        if (!_words.TryHold())
            return "";
        fixed (byte* start = text)
        {
            while (length < text.Length)
            {
                nint got = Linux.read(_words.Number, start + length, (nuint)(text.Length - length));
                if (got > 0)
                    length += (int)got;
                else if (got == 0 || !Linux.Interrupted)
                    break;
            }
        }
        _words.DangerousRelease();
        string[] lines = Encoding.UTF8.GetString(text, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string last = lines.LastOrDefault(IsOfInterest) ?? "";
        return Printable.Escape(last);
    }

    /// <summary>Not that the host has no system log, and not that root is not root any more.</summary>
    private static bool IsOfInterest(string line) =>
        !line.StartsWith("Failed to send ", StringComparison.Ordinal) && !line.StartsWith("Don't run as root", StringComparison.Ordinal);
}
