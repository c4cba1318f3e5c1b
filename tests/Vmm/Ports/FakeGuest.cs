using System.Collections.Concurrent;
using Vmm.Host;
using Vmm.Ports;
using Xunit;

namespace Vmm.Tests.Vmm.Ports;

/// <summary>A device in place of the guest's: reads all that a client sends while it is open, and writes what it is given.</summary>
internal sealed class FakeGuest : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly EventLoop _loop = new("_ports");
    private readonly BlockingCollection<byte> _read = [];
    private readonly BlockingCollection<uint> _clients = [];
    private readonly byte[] _buffer = new byte[4096];
    private byte[] _toWrite = [];
    private int _written;
    private uint _client;

    public FakeGuest(string path)
    {
        try
        {
            Port = new HostPort("test", path, _loop);
        }
        catch
        {
            _loop.Dispose();
            throw;
        }
        Port.Changed = OnChanged;
    }

    public HostPort Port { get; }

    /// <summary>How much of what was given to it a client has taken.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>A program in the guest opens the port, or closes it.</summary>
    public void Open(bool open = true) => OnLoop(() =>
    {
        Port.SetGuestOpen(open);
        OnChanged();
    });

    /// <summary>Writes, as far as that is possible at once; the rest when there is room.</summary>
    public void Write(byte[] bytes) => OnLoop(() =>
    {
        (_toWrite, _written) = (bytes, 0);
        OnChanged();
    });

    /// <summary>Waits for the next client to come (its number) or go (0).</summary>
    public uint NextClient() => _clients.TryTake(out uint client, s_patience) ? client : throw new TimeoutException("no client came or went");

    /// <summary>Waits for this much from clients.</summary>
    public byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = _read.TryTake(out byte next, s_patience) ? next : throw new TimeoutException($"{i} bytes came of {count}");
        return bytes;
    }

    public void Dispose()
    {
        _loop.Dispose();
        Port.Dispose();
    }

    private void OnLoop(Action action)
    {
        using ManualResetEventSlim done = new();
        _loop.Post(() =>
        {
            action();
            done.Set();
        });
        Assert.True(done.Wait(s_patience));
    }

    private void OnChanged()
    {
        if (Port.Client != _client)
            _clients.Add(_client = Port.Client);
        while (Port.Metrics.GuestOpen && Port.HasInput)
        {
            int count = Port.Read(_buffer);
            foreach (byte next in _buffer.AsSpan(0, count))
                _read.Add(next);
        }
        while (_client != 0 && _written < _toWrite.Length)
        {
            int taken = Port.Write(_toWrite.AsSpan(_written));
            Volatile.Write(ref _written, _written + taken);
            if (taken == 0)
                break;
        }
    }
}
