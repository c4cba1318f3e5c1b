using System.Net.Sockets;
using System.Text;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;
using Vmm.Tests.Devices.Virtio.Vsock;
using Vmm.Tests.Vmm.Logging;
using Vmm.Vsock;
using Xunit;

namespace Vmm.Tests.Vmm.Vsock;

/// <summary>A guest's driver by hand, the device, and the host's real sockets in a folder of their own.</summary>
internal sealed class VsockRig : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-vsock-").FullName;
    private readonly EventLoop _loop;
    private readonly VsockHost _host;
    private readonly List<Packet> _received = [];
    private readonly ManualClock _clock = new();

    public VsockRig()
    {
        Listener = new VsockListener(Path);
        _host = new VsockHost(Listener);
        Guest = new VsockDriver(_host);
        _loop = new EventLoop("_vsock0", fault => Fault = fault, _clock);
        Guest.Offer(48);
        _host.Start(Guest.Device, _loop);
    }

    public string Path => System.IO.Path.Combine(_folder, "v");

    public VsockListener Listener { get; }

    public VsockDriver Guest { get; }

    public Exception? Fault { get; private set; }

    /// <summary>A program that connects to the guest.</summary>
    public Socket Connect(string greeting)
    {
        Socket socket = NewProgram();
        Connect(socket, greeting);
        return socket;
    }

    /// <summary>A program that has its socket already.</summary>
    public void Connect(Socket socket, string greeting)
    {
        socket.Connect(new UnixDomainSocketEndPoint(Path));
        socket.ReceiveTimeout = socket.SendTimeout = (int)Patience.TotalMilliseconds;
        if (greeting.Length > 0)
            socket.Send(Encoding.ASCII.GetBytes(greeting));
    }

    /// <summary>A socket that is not connected yet.</summary>
    public static Socket NewProgram() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Waits until the event thread has dealt with all that has happened so far.</summary>
    public void Settle()
    {
        // What is posted may run before what became ready at the same time, and what is due comes after both.
        for (int round = 0; round < 3; round++)
        {
            using ManualResetEventSlim ran = new();
            _loop.Post(ran.Set);
            Assert.True(ran.Wait(Patience), $"the event thread does not run; {Fault}");
        }
    }

    /// <summary>Lets time pass, and waits until all is done that was due.</summary>
    public void Wind(TimeSpan time)
    {
        _clock.Advance(time);
        Settle();
    }

    /// <summary>A program that waits for the guest at a port.</summary>
    public Socket Listen(uint port)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{Path}_{port}"));
        socket.Listen(4096);
        return socket;
    }

    /// <summary>Whether a packet has come for the guest that nobody has looked at.</summary>
    public bool HasPacket => _received.Count > 0;

    /// <summary>Looks whether a packet has come for the guest.</summary>
    public bool Looked => Look();

    /// <summary>The next packet for the guest, which has to come.</summary>
    public Packet Next()
    {
        Assert.True(SpinWait.SpinUntil(Look, Patience), $"no packet came; {Fault}");
        Packet packet = _received[0];
        _received.RemoveAt(0);
        return packet;
    }

    /// <summary>The next packet, of a kind.</summary>
    public Packet Next(ushort operation)
    {
        Packet packet = Next();
        Assert.Equal(operation, packet.Operation);
        return packet;
    }

    /// <summary>Waits until something is so, while the guest takes what it is sent.</summary>
    public void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(
        () =>
        {
            Look();
            return condition();
        },
        Patience));

    /// <summary>A program asks for a port and the guest accepts.</summary>
    public (Socket Program, uint HostPort) Accept(uint guestPort, string alsoSends = "")
    {
        Socket socket = Connect($"CONNECT {guestPort}\n{alsoSends}");
        Packet request = Next(SocketDevice.VIRTIO_VSOCK_OP_REQUEST);
        Assert.Equal(guestPort, request.GuestPort);
        Guest.Send(new Packet(SocketDevice.VIRTIO_VSOCK_OP_RESPONSE, request.HostPort, guestPort));
        Assert.Equal($"OK {request.HostPort}\n", Encoding.ASCII.GetString(Read(socket, $"OK {request.HostPort}\n".Length)));
        return (socket, request.HostPort);
    }

    /// <summary>So many bytes from a program's socket.</summary>
    public static byte[] Read(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int part = socket.Receive(bytes.AsSpan(done));
            Assert.True(part > 0, $"the end after {done} bytes");
            done += part;
        }
        return bytes;
    }

    public void Dispose()
    {
        _host.Dispose();
        _loop.Dispose();
        Listener.Dispose();
        Guest.Dispose();
        Directory.Delete(_folder, recursive: true);
        Assert.Null(Fault);
    }

    private bool Look()
    {
        Guest.Doorbells.Run();
        _received.AddRange(Guest.Receive());
        return _received.Count > 0;
    }
}
