using System.Net.Security;
using System.Net.Sockets;
using Vmm.Host;

namespace Vmm.Migration.Transport.Tls;

/// <summary>
/// Makes a connection that is encrypted look like a plain one: the near end of a pair of Unix sockets is what the migration
/// uses, and two threads carry what goes through it to and from TLS. Ends, halves of ends and resets go through as well.
/// </summary>
internal static unsafe class TlsRelay
{
    private const int StackSize = 256 << 10;
    private const int BufferSize = 128 << 10;

    /// <summary>How long who knocks may take for the handshake.</summary>
    private const int HandshakeMilliseconds = 5000;

    /// <summary>How long the other side may take to end, once this side has.</summary>
    private const int LastWordsMilliseconds = 5000;

    /// <summary>Speaks TLS as who has connected.</summary>
    /// <param name="socket">The connection; owned from now on.</param>
    /// <param name="identity">Who this is.</param>
    /// <param name="host">Whom it is connected to; null where that has no name.</param>
    /// <returns>The plain end.</returns>
    /// <exception cref="LinkException">The other side is not believed, or does not believe this one.</exception>
    public static Socket Connect(Socket socket, TlsIdentity identity, string? host) => Start(socket, stream => identity.Connect(stream, host));

    /// <summary>Speaks TLS as who was connected to.</summary>
    /// <inheritdoc cref="Connect"/>
    public static Socket Accept(Socket socket, TlsIdentity identity) => Start(socket, identity.Accept);

    private static Socket Start(Socket socket, Func<Stream, SslStream> shake)
    {
        SslStream tls;
        try
        {
            socket.ReceiveTimeout = socket.SendTimeout = HandshakeMilliseconds;
            tls = shake(new NetworkStream(socket, ownsSocket: true));
            socket.ReceiveTimeout = socket.SendTimeout = 0;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        int* ends = stackalloc int[2];
        if (Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends) < 0)
        {
            HostException refused = HostException.Last("socketpair");
            tls.Dispose();
            throw refused;
        }
        Socket near = new(new SafeSocketHandle(ends[0], ownsHandle: true));
        Socket far = new(new SafeSocketHandle(ends[1], ownsHandle: true));
        try
        {
            Thread inwards = new(() => Inwards(tls, far), StackSize) { Name = "tls-in", IsBackground = true };
            HostThread.Start(inwards);
            HostThread.Start(new Thread(() => Outwards(far, tls, socket, inwards), StackSize) { Name = "tls-out", IsBackground = true });
            return near;
        }
        catch
        {
            near.Dispose();
            far.Dispose();
            tls.Dispose();
            throw;
        }
    }

    /// <summary>From this side to the other, until this side's end; then sees to the rest.</summary>
    private static void Outwards(Socket far, SslStream tls, Socket socket, Thread inwards)
    {
        try
        {
            byte[] buffer = new byte[BufferSize];
            while (far.Receive(buffer) is int got and > 0)
                tls.Write(buffer, 0, got);
            tls.ShutdownAsync().Wait();
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception)
        {
            // Whatever it is (OpenSSL has exceptions of its own): one that leaves a thread takes the guest along. The other pump sees it too, or has made it so.
        }
        // Who has only ended its half still listens, for a while.
        if (!inwards.Join(LastWordsMilliseconds))
            Abort(socket);
        inwards.Join();
        far.Dispose();
        tls.Dispose();
    }

    /// <summary>From the other side to this one, until the other side's end.</summary>
    private static void Inwards(SslStream tls, Socket far)
    {
        try
        {
            byte[] buffer = new byte[BufferSize];
            while (tls.Read(buffer, 0, buffer.Length) is int got and > 0)
            {
                for (int done = 0; done < got;)
                    done += far.Send(buffer.AsSpan(done, got - done));
            }
        }
        catch (Exception)
        {
            // As an end: what was cut is found out by who reads it.
        }
        Abort(far, SocketShutdown.Send);
    }

    private static void Abort(Socket socket, SocketShutdown how = SocketShutdown.Both)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Over already.
        }
    }
}
