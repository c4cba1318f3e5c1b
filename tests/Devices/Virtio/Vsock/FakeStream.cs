using Vmm.Devices.Backends;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>A program on the host that does what a test says: reads as much as it is allowed to, and has sent what it was given.</summary>
internal sealed unsafe class FakeStream : IVsockStream
{
    private const int MostKept = 1 << 20;

    private byte[] _taken = [];
    private byte[] _toSend = [];
    private int _sent;

    public IVsockStreamOwner? Owner { get; set; }

    /// <summary>How many bytes it takes before it would block.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>What it was told that is held for it.</summary>
    public uint Window { get; private set; }

    public int TakenLength { get; private set; }
    public ReadOnlySpan<byte> Taken => _taken.AsSpan(0, Math.Min(TakenLength, _taken.Length));
    public bool SendsNoMore { get; set; }
    public bool TakesNoMore { get; set; }
    public bool WritingEnded { get; private set; }
    public bool ReadingEnded { get; private set; }
    public bool Closed { get; private set; }
    public uint? AcceptedAt { get; private set; }
    public int Reads { get; private set; }
    public int Unsent => _toSend.Length - _sent;

    public void Queue(ReadOnlySpan<byte> bytes)
    {
        _toSend = [.. _toSend.AsSpan(_sent), .. bytes];
        _sent = 0;
    }

    public void Bound(uint window) => Window = window;

    public VsockIo Read(ReadOnlySpan<HostSegment> into, out int count)
    {
        count = 0;
        Reads++;
        Check();
        foreach (HostSegment segment in into)
        {
            int part = Math.Min((int)segment.Length, Unsent);
            _toSend.AsSpan(_sent, part).CopyTo(new Span<byte>((void*)segment.Address, part));
            _sent += part;
            count += part;
        }
        return count > 0 ? VsockIo.Ok : SendsNoMore ? VsockIo.End : VsockIo.WouldBlock;
    }

    public VsockIo Write(ReadOnlySpan<HostSegment> from, out int count)
    {
        count = 0;
        Check();
        if (TakesNoMore)
            return VsockIo.End;
        foreach (HostSegment segment in from)
        {
            int part = Math.Min((int)segment.Length, Room);
            int kept = Math.Min(part, Math.Max(0, MostKept - TakenLength));
            if (kept > 0 && _taken.Length == 0)
                _taken = new byte[MostKept];
            new ReadOnlySpan<byte>((void*)segment.Address, kept).CopyTo(_taken.AsSpan(Math.Min(TakenLength, _taken.Length)));
            TakenLength += part;
            Room -= part;
            count += part;
        }
        return count > 0 ? VsockIo.Ok : VsockIo.WouldBlock;
    }

    public void Accepted(uint hostPort) => AcceptedAt = hostPort;

    public void EndWriting() => WritingEnded = true;

    public void EndReading() => ReadingEnded = true;

    public void Close() => Closed = true;

    public void ForgetTaken() => TakenLength = 0;

    private void Check()
    {
        if (Closed)
            throw new InvalidOperationException("used after it was closed");
    }
}
