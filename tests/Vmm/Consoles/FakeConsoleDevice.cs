using System.Buffers;
using Vmm.Consoles;

namespace Vmm.Tests.Vmm.Consoles;

/// <summary>A guest's end with little room, which a test empties as a guest would.</summary>
internal sealed class FakeConsoleDevice(int room) : IConsoleDevice
{
    /// <summary>Stands for a break in <see cref="Taken"/>'s text.</summary>
    public const char BreakMark = '#';

    private readonly object _lock = new();
    private readonly ArrayBufferWriter<byte> _taken = new();
    private int _waiting;
    private bool _refused;

    public Action? RoomAvailable { get; set; }

    public (ushort Columns, ushort Rows) Size { get; private set; }

    public byte[] Taken
    {
        get
        {
            lock (_lock)
                return _taken.WrittenSpan.ToArray();
        }
    }

    public int Receive(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int accepted = Math.Min(bytes.Length, room - _waiting);
            _taken.Write(bytes[..accepted]);
            _waiting += accepted;
            _refused |= accepted < bytes.Length;
            Monitor.PulseAll(_lock);
            return accepted;
        }
    }

    public bool SendBreak() => Receive([(byte)BreakMark]) == 1;

    public void Resize(ushort columns, ushort rows) => Size = (columns, rows);

    /// <summary>Waits for input and takes it out of the device, until that many bytes came in all.</summary>
    public void DrainUntil(long total)
    {
        while (true)
        {
            bool tell;
            lock (_lock)
            {
                if (_taken.WrittenCount >= total)
                    return;
                if (_waiting == 0)
                {
                    if (!Monitor.Wait(_lock, TimeSpan.FromSeconds(20)))
                        throw new TimeoutException($"no input for 20 s after {_taken.WrittenCount} of {total} bytes");
                    continue;
                }
                tell = _refused;
                _waiting = 0;
                _refused &= !tell;
            }
            if (tell)
                RoomAvailable?.Invoke();
        }
    }
}
