using Vmm.Devices.Backends;

namespace Vmm.Tests.Devices.Virtio.Console;

/// <summary>A host end whose client takes as much as the test lets it, and sends what the test says.</summary>
public sealed class FakeClient : IPortBackend
{
    private byte[] _sent = [];
    private int _read;
    private uint _last;

    public Action? Changed { get; set; }

    public uint Client { get; private set; }

    public bool HasInput => _read < _sent.Length;

    /// <summary>How many bytes it takes before it is full.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>The most that one write takes.</summary>
    public int Piece { get; set; } = int.MaxValue;

    /// <summary>Off where nothing may be allocated.</summary>
    public bool Keeps { get; set; } = true;

    public List<byte> Got { get; } = [];

    public ulong Discarded { get; private set; }

    public bool IsGuestOpen { get; private set; }

    public int Waiting => _sent.Length - _read;

    public void Connect()
    {
        Client = ++_last;
        Changed?.Invoke();
    }

    public void Disconnect()
    {
        Client = 0;
        (_sent, _read) = ([], 0);
        Changed?.Invoke();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        (_sent, _read) = ([.. _sent.AsSpan(_read), .. bytes], 0);
        Changed?.Invoke();
    }

    /// <summary>Sends the same again, without a copy.</summary>
    public void SendAgain()
    {
        _read = 0;
        Changed?.Invoke();
    }

    public void MakeRoom(int bytes)
    {
        Room = bytes;
        Changed?.Invoke();
    }

    public int Read(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, Waiting);
        _sent.AsSpan(_read, count).CopyTo(destination);
        _read += count;
        return count;
    }

    public int Write(ReadOnlySpan<byte> source)
    {
        int count = Math.Min(source.Length, Math.Min(Room, Piece));
        if (Keeps)
            Got.AddRange(source[..count]);
        if (Room != int.MaxValue)
            Room -= count;
        return count;
    }

    public void Discard(ulong bytes) => Discarded += bytes;

    public void SetGuestOpen(bool open) => IsGuestOpen = open;
}
