using System.Security.Cryptography;
using System.Text;
using Vmm.Host;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;

namespace Vmm.Migration.Receiving;

/// <summary>Takes the connections for memory of one session, and nobody else's: anybody may knock.</summary>
/// <param name="listener">Where the source comes to.</param>
/// <param name="session">The session.</param>
/// <param name="patience">How long the source may take.</param>
internal sealed class MemoryDoor(MigrationListener listener, string session, TimeSpan patience)
{
    /// <summary>Strangers that may knock meanwhile.</summary>
    private const int MostStrangers = 64;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits for them.</summary>
    /// <param name="control">The connection that the source has made.</param>
    /// <param name="count">How many.</param>
    /// <param name="news">Called when something has come on the first, or it was closed; throws.</param>
    /// <exception cref="LinkException">They did not come.</exception>
    public Channel[] Accept(Channel control, int count, Action news)
    {
        Channel?[] channels = new Channel?[count];
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        int strangers = 0;
        try
        {
            for (int known = 0; known < count;)
            {
                if (control.HasNews)
                    news();
                if (Environment.TickCount64 > deadline || strangers > MostStrangers)
                    throw new LinkException($"the source made {known} of {count} connections within {patience.TotalSeconds:0} s");
                if (listener.TryAccept(s_look) is not { } socket)
                    continue;
                Channel channel = Channel.Over(socket, MessageRoute.Memory, patience);
                if (IndexOf(channel) is int index and >= 0 && index < count && channels[index] is null)
                {
                    channels[index] = channel;
                    known++;
                }
                else
                {
                    channel.Dispose();
                    strangers++;
                }
            }
            return channels!;
        }
        catch
        {
            foreach (Channel? channel in channels)
                channel?.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody knows the session. Takes as long for a wrong one as for the right one.</summary>
    public bool Knows(string said) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(session));

    /// <summary>Which of the connections it is; negative when it is none of ours.</summary>
    private int IndexOf(Channel channel)
    {
        try
        {
            AttachMessage attach = channel.Receive(MigrationPhase.Channels).As(MigrationJson.Default.AttachMessage);
            return Knows(attach.Session) ? attach.Index : -1;
        }
        catch (VmmException)
        {
            return -1;
        }
    }
}
