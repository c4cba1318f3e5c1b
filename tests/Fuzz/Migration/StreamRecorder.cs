using System.Buffers.Binary;
using System.Net.Sockets;
using Vmm.Migration.Protocol;
using Vmm.Tests.Vmm.Migration;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>Stands between the two sides of a migration and writes down what they say, in an order in which an answer comes after its question.</summary>
internal sealed class StreamRecorder : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _target;
    private readonly List<Socket> _sockets = [];
    private readonly List<Thread> _threads = [];
    private readonly List<Recorded> _log = [];
    private readonly bool _cuts;
    private int _connections;
    private int _firstAgain;
    private bool _wasCut;

    /// <param name="folder">Where its socket goes.</param>
    /// <param name="target">The destination's place.</param>
    /// <param name="cuts">Whether the link is lost when the guest has started, before any page has followed it.</param>
    public StreamRecorder(DirectoryInfo folder, string target, bool cuts)
    {
        (_target, _cuts) = (target["unix:".Length..], cuts);
        string path = Path.Combine(folder.FullName, "recorder");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Place = $"unix:{path}";
        Start(Accept);
    }

    public string Place { get; }

    /// <summary>What was said; heartbeats, which come when they like, left out.</summary>
    public IReadOnlyList<Recorded> Log
    {
        get
        {
            lock (_log)
                return [.. _log.Where(message => message.Type != MessageType.Progress)];
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_log)
            _sockets.ForEach(socket => socket.Dispose());
        for (int i = 0; i < _threads.Count; i++)
            _threads[i].Join();
    }

    private void Start(Action act)
    {
        Thread thread = new(() =>
        {
            try
            {
                act();
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // As everything ends.
            }
        });
        lock (_log)
            _threads.Add(thread);
        thread.Start();
    }

    private void Accept()
    {
        while (true)
        {
            Socket source = _listener.Accept();
            Socket target = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            target.Connect(new UnixDomainSocketEndPoint(_target));
            int connection = _connections++;
            lock (_log)
                _sockets.AddRange([source, target]);
            Start(() => Relay(source, target, connection, fromSource: true));
            Start(() => Relay(target, source, connection, fromSource: false));
        }
    }

    private void Relay(Socket from, Socket to, int connection, bool fromSource)
    {
        try
        {
            while (RawMessage.Read(from) is { } message)
            {
                if (Note(connection, fromSource, message))
                    to.Send(message);
            }
        }
        finally
        {
            from.Shutdown(SocketShutdown.Both);
            to.Shutdown(SocketShutdown.Both);
        }
    }

    /// <returns>Whether it is to be passed on.</returns>
    private bool Note(int connection, bool fromSource, byte[] message)
    {
        MessageType type = (MessageType)BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4));
        lock (_log)
        {
            // What was under way as the link was lost never came; and no page, and no end of them, overtakes the word on another connection that cuts it.
            if (connection < _firstAgain || (_cuts && !_wasCut && type is (MessageType.Pages or MessageType.RoundEnd)))
                return false;
            _log.Add(new Recorded(connection, fromSource, type, message[FrameHeader.Size..]));
            if (!_cuts || _wasCut || type != MessageType.Started)
                return true;
            (_wasCut, _firstAgain) = (true, _connections);
            _log.Add(new Recorded(0, fromSource, null, []));
        }
        // The source is to hear of the start; whoever does not read on hears that the link is lost.
        _sockets[0].Send(message);
        _sockets.ForEach(socket => socket.Shutdown(SocketShutdown.Both));
        return false;
    }
}
