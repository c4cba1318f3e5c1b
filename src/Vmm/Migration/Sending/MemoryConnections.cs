using System.Net.Sockets;
using Vmm.Migration.Protocol;
using Vmm.Migration.Transport;

namespace Vmm.Migration.Sending;

/// <summary>Makes the connections for memory: as many as were wished for, and where the guest may start before its memory is there, a last one for the pages that it waits for.</summary>
internal static class MemoryConnections
{
    /// <summary>Makes them.</summary>
    /// <param name="into">Gets them, those too that were made before one failed.</param>
    /// <param name="connect">Makes one.</param>
    /// <param name="session">What the destination calls it.</param>
    /// <param name="options">How many.</param>
    /// <exception cref="Host.VmmException">One cannot be made.</exception>
    public static void Open(List<Channel> into, Func<Socket> connect, string session, MigrationOptions options)
    {
        int count = options.Connections + (options.MayPostCopy ? 1 : 0);
        for (int i = 0; i < count; i++)
        {
            Channel channel = Channel.Over(connect(), MessageRoute.ToSource, options.Patience);
            into.Add(channel);
            channel.Send(MessageType.Attach, new AttachMessage(session, i), MigrationJson.Default.AttachMessage);
        }
    }
}
