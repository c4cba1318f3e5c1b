using System.Net.Sockets;
using System.Text;
using Vmm.GuestAgent;
using Vmm.Host;

namespace Vmm.Tests.Vmm.GuestAgent;

/// <summary>A guest agent on a thread of its own, which answers each line with whatever bytes the test makes of it.</summary>
internal sealed class FakeAgent : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vmm-agent-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;

    /// <summary>Starts one, and connects to it.</summary>
    /// <param name="answer">Makes of a request (without its line feed) what is sent back; null ends the connection.</param>
    /// <param name="piece">The most bytes of an answer that are sent at once.</param>
    /// <param name="patience">The client's.</param>
    public FakeAgent(Func<string, byte[]?> answer, int piece = int.MaxValue, TimeSpan? patience = null)
    {
        string path = Path.Combine(_folder, "agent.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Client = new AgentClient(UnixSocket.TryConnect(path)!, patience ?? TimeSpan.FromSeconds(60));
        _thread = new Thread(() => Serve(answer, piece)) { IsBackground = true };
        _thread.Start();
    }

    public AgentClient Client { get; }

    /// <summary>What came, without what the handshakes say.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>An answer in good order to a handshake; null to anything else.</summary>
    public static byte[]? Sync(string request) => SyncId(request) is string id ? [0xff, .. Line($$"""{"return": {{id}}}""")] : null;

    public static string? SyncId(string request)
    {
        int at = request.IndexOf("\"id\":", StringComparison.Ordinal);
        return at < 0 ? null : new string([.. request[(at + 5)..].TakeWhile(char.IsAsciiDigit)]);
    }

    public static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    public void Dispose()
    {
        Client.Dispose();
        _listener.Dispose();
        _thread.Join();
        Directory.Delete(_folder, recursive: true);
    }

    private void Serve(Func<string, byte[]?> answer, int piece)
    {
        try
        {
            using Socket client = _listener.Accept();
            List<byte> line = [];
            byte[] next = new byte[1];
            while (client.Receive(next) == 1)
            {
                if (next[0] != (byte)'\n')
                {
                    line.Add(next[0]);
                    continue;
                }
                string request = Encoding.Latin1.GetString([.. line]);
                line.Clear();
                if (!request.Contains("guest-sync", StringComparison.Ordinal))
                    Requests.Add(request);
                if (answer(request) is not { } bytes)
                    return;
                for (int at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length - at))
                    client.Send(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // The client has heard enough, or never came.
        }
    }
}
