using System.Buffers.Binary;
using Vmm.Host;
using Vmm.Network.Passt;

namespace Vmm.Tests.Vmm.Network;

/// <summary>A back end whose other end is the test: bytes in, bytes out.</summary>
internal sealed unsafe class StreamRig : IDisposable
{
    private readonly SafeFd _socket;
    private readonly EventLoop _loop = new("_net0");

    public StreamRig(int budget = int.MaxValue)
    {
        int* ends = stackalloc int[2];
        if (Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends) < 0)
            throw HostException.Last("socketpair");
        (_socket, Peer) = (new(ends[0]), new(ends[1]));
        UnixSocket.SetTimeouts(Peer, TimeSpan.FromSeconds(30));
        Backend = new StreamBackend(_socket, _loop, null, why => Lost.TrySetResult(why));
        Device = new FakeDevice(Backend) { Budget = budget };
        Backend.Attach(Device);
    }

    public SafeFd Peer { get; }

    public StreamBackend Backend { get; }

    public FakeDevice Device { get; }

    public TaskCompletionSource<string> Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static byte[] Frame(int length, int seed = 0)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        return frame;
    }

    public static byte[] Framed(params ReadOnlySpan<byte[]> frames)
    {
        using MemoryStream stream = new();
        foreach (byte[] frame in frames)
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, frame.Length);
            stream.Write(length);
            stream.Write(frame);
        }
        return stream.ToArray();
    }

    /// <summary>Does something on the device's event thread, where devices call their back ends.</summary>
    public T OnLoop<T>(Func<T> act)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            try
            {
                done.SetResult(act());
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
        });
        return done.Task.GetAwaiter().GetResult();
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int at = 0; at < bytes.Length;)
            {
                nint taken = Linux.send(Peer.Number, start + at, (nuint)(bytes.Length - at), Linux.MSG_NOSIGNAL);
                if (taken < 0)
                    throw HostException.Last("send");
                at += (int)taken;
            }
        }
    }

    public byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        fixed (byte* start = bytes)
        {
            for (int at = 0; at < count;)
            {
                nint got = Linux.recv(Peer.Number, start + at, (nuint)(count - at), 0);
                if (got <= 0)
                    throw HostException.Last("recv");
                at += (int)got;
            }
        }
        return bytes;
    }

    /// <summary>Takes what was sent and forgets it.</summary>
    public void Drain(int count)
    {
        byte* room = stackalloc byte[4096];
        while (count > 0)
        {
            nint got = Linux.recv(Peer.Number, room, (nuint)Math.Min(count, 4096), 0);
            if (got <= 0)
                throw HostException.Last("recv");
            count -= (int)got;
        }
    }

    public byte[] ReadFrame() => Read(BinaryPrimitives.ReadInt32BigEndian(Read(4)));

    public void Dispose()
    {
        _loop.Dispose();
        Backend.Dispose();
        Peer.Dispose();
        _socket.Dispose();
    }
}
