using System.Net.Sockets;
using System.Text;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Logging;
using Vmm.Registry;
using Vmm.Tests.Vmm.Registry;

namespace Vmm.Tests.Vmm.Control;

/// <summary>A VM that was described and not booted, with its control socket; and clients that say what they like.</summary>
internal sealed class ControlledVm : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly VmmLog _log = new("test", [], TimeProvider.System);
    private readonly List<Socket> _clients = [];

    public ControlledVm(ConsoleHub? hub = null, TimeSpan? requestLimit = null)
    {
        Vm = There.Define("web");
        Control = new VmControl(new EventHub(TimeProvider.System), _log, signals: null, hub);
        Control.Create(Vm.Folder.ReadConfig());
        Server = new ControlServer(Vm.Folder.ControlSocket, new ControlHandler(Control, Vm, hub), requestLimit);
    }

    public TemporaryHome There { get; } = new();

    public LockedVm Vm { get; }

    public VmControl Control { get; }

    public ControlServer Server { get; }

    public Socket Connect()
    {
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)s_patience.TotalMilliseconds };
        client.Connect(new UnixDomainSocketEndPoint(Vm.Folder.ControlSocket));
        _clients.Add(client);
        return client;
    }

    public static void Send(Socket client, string text) => client.Send(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a line and returns the one that comes back.</summary>
    public static string Ask(Socket client, string line)
    {
        Send(client, line + "\n");
        return ReadLine(client);
    }

    /// <summary>What comes up to a line feed, or the end.</summary>
    public static string ReadLine(Socket client)
    {
        List<byte> line = [];
        byte[] next = new byte[1];
        while (client.Receive(next) == 1 && next[0] != (byte)'\n')
            line.Add(next[0]);
        return Encoding.UTF8.GetString([.. line]);
    }

    /// <summary>Whether the server has ended this connection; waits for that, and fails when anything else comes.</summary>
    public static bool HasEnded(Socket client)
    {
        try
        {
            return client.Receive(new byte[1]) == 0;
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        Server.Dispose();
        Control.Dispose();
        _log.Dispose();
        Vm.Dispose();
        There.Dispose();
    }
}
