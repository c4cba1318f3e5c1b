using System.Buffers.Binary;
using System.Net.Sockets;
using Vmm.Migration.Protocol;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Stands between source and destination, and does to the messages on one of the ways whatever a test wants.</summary>
internal sealed class TamperingRelay : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _target;
    private readonly Func<MessageType, byte[], IEnumerable<byte[]>?> _tamper;
    private readonly bool _towardsTarget;
    private readonly List<Socket> _sockets = [];
    private readonly List<Thread> _threads = [];

    /// <param name="folder">Where its socket goes.</param>
    /// <param name="target">The destination's place.</param>
    /// <param name="towardsTarget">Which way is tampered with.</param>
    /// <param name="tamper">What becomes of a message, its header included; null cuts the connection.</param>
    public TamperingRelay(DirectoryInfo folder, string target, bool towardsTarget, Func<MessageType, byte[], IEnumerable<byte[]>?> tamper)
    {
        (_target, _towardsTarget, _tamper) = (target["unix:".Length..], towardsTarget, tamper);
        string path = Path.Combine(folder.FullName, "relay");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Place = $"unix:{path}";
        Start(Accept);
    }

    public string Place { get; }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets)
            _sockets.ForEach(socket => socket.Dispose());
        while (Take() is { } thread)
            thread.Join();
    }

    private Thread? Take()
    {
        lock (_sockets)
        {
            Thread? last = _threads.LastOrDefault();
            if (last is not null)
                _threads.Remove(last);
            return last;
        }
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
            }
        });
        lock (_sockets)
        {
            thread.Start();
            _threads.Add(thread);
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket source = _listener.Accept();
            Socket target = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            lock (_sockets)
                _sockets.AddRange([source, target]);
            target.Connect(new UnixDomainSocketEndPoint(_target));
            Start(() => Relay(source, target, tampers: _towardsTarget));
            Start(() => Relay(target, source, tampers: !_towardsTarget));
        }
    }

    private void Relay(Socket from, Socket to, bool tampers)
    {
        try
        {
            while (RawMessage.Read(from) is { } message)
            {
                MessageType type = (MessageType)BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4));
                if ((tampers ? _tamper(type, message) : [message]) is not { } instead)
                    break;
                foreach (byte[] one in instead)
                    to.Send(one);
            }
        }
        finally
        {
            from.Shutdown(SocketShutdown.Both);
            to.Shutdown(SocketShutdown.Both);
        }
    }
}
