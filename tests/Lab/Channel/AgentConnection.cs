using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Vmm.Lab.Channel;

/// <summary>Frames to and from one agent, over TCP into L1 or over the pipes of an agent on this host.</summary>
internal sealed class AgentConnection : IAsyncDisposable
{
    private const int HeadLength = 5, MaxFrame = 1024 * 1024;
    private readonly Stream _from, _to;
    private readonly IDisposable _owner;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _head = new byte[HeadLength];

    private AgentConnection(Stream from, Stream to, IDisposable owner, string hint) => (_from, _to, _owner, Hint) = (from, to, owner, hint);

    /// <summary>Where to look when it breaks.</summary>
    public string Hint { get; }

    public static async Task<AgentConnection> ToPortAsync(int port, string token, string hint)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var stream = client.GetStream();
        await stream.WriteAsync(Convert.FromHexString(token));
        return new AgentConnection(stream, stream, client, hint);
    }

    public static AgentConnection ToProcess(Process agent) => new(
        agent.StandardOutput.BaseStream, agent.StandardInput.BaseStream, agent, "the agent on this host has ended");

    public async Task SendAsync(FrameType type, ReadOnlyMemory<byte> payload)
    {
        var packet = new byte[HeadLength + payload.Length];
        packet[0] = (byte)type;
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(1), payload.Length);
        payload.CopyTo(packet.AsMemory(HeadLength));
        await _sending.WaitAsync();
        try
        {
            await _to.WriteAsync(packet);
            await _to.FlushAsync();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next frame, or null at the end.</summary>
    public async Task<(FrameType Type, byte[] Payload)?> ReceiveAsync()
    {
        if (await _from.ReadAtLeastAsync(_head, HeadLength, throwOnEndOfStream: false) < HeadLength)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_head.AsSpan(1));
        if (length is < 0 or > MaxFrame)
            throw new IOException($"a frame of {length} bytes");
        var payload = new byte[length];
        await _from.ReadExactlyAsync(payload);
        return ((FrameType)_head[0], payload);
    }

    public async ValueTask DisposeAsync()
    {
        await _to.DisposeAsync();
        await _from.DisposeAsync();
        _owner.Dispose();
    }
}
