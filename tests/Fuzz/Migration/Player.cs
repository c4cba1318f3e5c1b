using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Tests.Vmm.Migration;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>Plays one side of a migration to the other, by a script.</summary>
/// <param name="connect">Makes the next connection, or takes it; null when none comes.</param>
internal sealed class Player(Func<Socket?> connect) : IDisposable
{
    private readonly List<Line> _lines = [];
    private string? _recordedSession;

    /// <summary>Its connections, in the order in which they were made.</summary>
    public IReadOnlyList<Line> Lines => _lines;

    /// <summary>All that was said on the connections, as far as it was well-formed.</summary>
    public bool HasSaid(MessageType type) => _lines.Exists(line => line.Said.Exists(message => message.Type == type));

    /// <summary>Whether the other side has said something, as far as it was heard.</summary>
    public bool HasHeard(MessageType type) => _lines.Exists(line => line.Heard.Exists(message => message.Type == type));

    /// <summary>Plays a script to its end. What does not come in time is not waited for.</summary>
    /// <param name="steps">The script.</param>
    /// <param name="recorded">The migration that it was made of: its session is another one's.</param>
    /// <param name="answer">How long an answer may take.</param>
    public void Play(IEnumerable<Step> steps, IReadOnlyList<Recorded> recorded, TimeSpan answer)
    {
        _recordedSession = SessionOf(recorded);
        foreach (Step step in steps)
        {
            if (step.Type is not { } type)
                Cut();
            else if (LineOf(step.Connection) is not { } line)
                continue;
            else if (step.IsAwaited)
                line.Await(type, answer);
            else
                line.Say(step, Translate(step.Payload), type == MessageType.Memory ? (socket, frame) => SendDescriptor(socket, frame, step.Descriptor) : null);
        }
    }

    /// <summary>The link is lost: what was on its way is heard still, so that it is known.</summary>
    private void Cut()
    {
        End(Recordings.Patience);
        _lines.ForEach(line => line.Dispose());
    }

    /// <summary>Says nothing more, and hears the other side to its end.</summary>
    /// <param name="most">How long that may take.</param>
    /// <returns>Whether it came to one.</returns>
    public bool End(TimeSpan most)
    {
        _lines.ForEach(line => line.End());
        return _lines.TrueForAll(line => line.Await(null, most));
    }

    public void Dispose() => _lines.ForEach(line => line.Dispose());

    private Line? LineOf(int connection)
    {
        while (_lines.Count <= connection)
        {
            if (connect() is not { } socket)
                return null;
            _lines.Add(new Line(socket));
        }
        return _lines[connection];
    }

    /// <summary>The recorded migration's session, where it is said, is this one's.</summary>
    private byte[] Translate(byte[] payload)
    {
        if (_recordedSession is null || payload.Length == 0 || payload[0] != '{' || _lines.SelectMany(line => line.Heard).FirstOrDefault(message => message.Type == MessageType.Welcome) is not { } welcome)
            return payload;
        string session = JsonSerializer.Deserialize(welcome.Payload, MigrationJson.Default.WelcomeMessage)!.Session;
        return Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(payload).Replace(_recordedSession, session, StringComparison.Ordinal));
    }

    private static string? SessionOf(IReadOnlyList<Recorded> log) => log.FirstOrDefault(message => message.Type == MessageType.Welcome) is { } welcome
        ? JsonSerializer.Deserialize(welcome.Payload, MigrationJson.Default.WelcomeMessage)!.Session
        : null;

    private static int SendDescriptor(Socket socket, byte[] frame, ulong which)
    {
        if (frame.Length == 0)
            return 0;
        using SafeFd? passed = (which % 6) switch
        {
            0 => MigrationRig.SealedMemory(Recordings.Memory),
            1 => MigrationRig.SealedMemory(2 * Recordings.Memory),
            2 => SafeFd.Own(Linux.memfd_create("loose", Linux.MFD_CLOEXEC | Linux.MFD_ALLOW_SEALING), "memfd_create"),
            3 => SafeFd.Own(Linux.open("/dev/null", Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open"),
            4 => SafeFd.Own(Linux.epoll_create1(0), "epoll_create1"),
            _ => null,
        };
        return passed is null ? 0 : PassedDescriptor.Send((int)socket.Handle, frame, passed);
    }
}
