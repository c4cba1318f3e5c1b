using System.Net.Sockets;

namespace Vmm.Tests.Vmm.Vsock;

/// <summary>How a socket ends.</summary>
internal static class SocketEnd
{
    /// <summary>Receives a byte; 0 for the end. What was not read when a socket is closed makes a reset of the end.</summary>
    public static int ReceiveOrReset(this Socket socket)
    {
        try
        {
            return socket.Receive(new byte[1]);
        }
        catch (SocketException gone) when (gone.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
