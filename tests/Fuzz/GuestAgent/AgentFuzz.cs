using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CsCheck;
using Vmm.GuestAgent;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Fuzz.GuestAgent;

/// <summary>A guest agent that answers anything: pieces of the protocol, cut, doubled and spoilt. The client has an answer or a refusal, and nothing else.</summary>
public class AgentFuzz
{
    private static readonly string[] s_pieces =
    [
        "{\"return\": ", "{\"error\": ", "{}", "[]", "null", "true", "}", "]", "[", "{", ",", ":", "\n", "\"", "\\u001b", "\\ud800", "\u00ff",
        "{\"pid\": 7}", "{\"exited\": true, \"exitcode\": 3, \"out-data\": \"aGVsbG8=\"}", "\"out-data\"", "1e999", "-1", "18446744073709551616",
        "{\"class\": \"GenericError\", \"desc\": \"no\"}", "{\"return\": {}}\n", "[{\"name\": \"eth0\", \"ip-addresses\": [{\"ip-address\": \"::1\", \"prefix\": 64}, null]}]",
        "{\"version\": \"7\", \"supported-commands\": [{\"name\": \"x\", \"enabled\": true}]}", new string('[', 64), new string('9', 500),
    ];

    private static readonly Gen<byte[]> GenPiece = Gen.Frequency(
        (10, Gen.Int[0, s_pieces.Length - 1].Select(i => Encoding.UTF8.GetBytes(s_pieces[i]))),
        (1, Gen.Byte.Array[1, 40]));

    [Fact, Trait("Row", "71")]
    public void No_answer_of_a_guest_is_more_than_an_answer_or_a_refusal()
    {
        string folder = Directory.CreateTempSubdirectory("vmm-fuzz-").FullName;
        try
        {
            string path = Path.Combine(folder, "agent.sock");
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            GenPiece.Array[1, 30].Sample(pieces => Run(listener, path, [.. pieces.SelectMany(piece => piece)]), time: FuzzBudget.Seconds, threads: 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(Socket listener, string path, byte[] answer)
    {
        using AgentClient client = new(UnixSocket.TryConnect(path)!, TimeSpan.FromSeconds(60));
        using Socket guest = listener.Accept();
        guest.Send(answer);
        guest.Shutdown(SocketShutdown.Send);
        for (int answers = 0; answers < 3; answers++)
        {
            try
            {
                JsonElement element = client.Execute("guest-x");
                Read(() => AgentClient.Read(element, AgentJson.Default.ExecStatus, "x"));
                Read(() => AgentClient.Read(element, AgentJson.Default.Info, "x"));
                Read(() => AgentClient.Read(element, AgentJson.Default.IReadOnlyListNetworkInterface, "x"));
            }
            catch (VmmException)
            {
                // A refusal.
            }
        }
        try
        {
            client.Sync();
            Assert.Fail("nobody could have answered the handshake");
        }
        catch (AgentSilentException)
        {
            // As it must be.
        }
    }

    private static void Read(Func<object> read)
    {
        try
        {
            Assert.NotNull(read());
        }
        catch (VmmException)
        {
            // A refusal.
        }
    }
}
