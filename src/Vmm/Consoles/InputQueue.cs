namespace Vmm.Consoles;

/// <summary>Bytes and breaks on their way to the guest, in the order in which they were typed. Bounded: when it is full, the terminal is not read.</summary>
internal sealed class InputQueue
{
    /// <summary>Bytes that fit.</summary>
    public const int Capacity = 64 << 10;

    /// <summary>Breaks that fit; nobody types more ahead.</summary>
    private const int MostBreaks = 64;

    // Made when somebody types: most guests in the background never hear a word.
    private byte[]? _bytes;
    private readonly Queue<long> _breaks = new();
    private long _added;
    private long _taken;

    /// <summary>Bytes that can be added.</summary>
    public int Room => Capacity - (int)(_added - _taken);

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _added == _taken && _breaks.Count == 0;

    /// <summary>Adds a byte, for which there must be room.</summary>
    public void Add(byte value)
    {
        _bytes ??= new byte[Capacity];
        _bytes[_added++ % Capacity] = value;
    }

    /// <summary>Adds a break; one too many is dropped.</summary>
    public void AddBreak()
    {
        if (_breaks.Count < MostBreaks)
            _breaks.Enqueue(_added);
    }

    /// <summary>Gives the device what it takes.</summary>
    /// <returns>Whether it took everything.</returns>
    public bool DeliverTo(IConsoleDevice device)
    {
        while (!IsEmpty)
        {
            if (_breaks.TryPeek(out long position) && position == _taken)
            {
                if (!device.SendBreak())
                    return false;
                _breaks.Dequeue();
                continue;
            }
            int start = (int)(_taken % Capacity);
            long until = _breaks.Count > 0 ? position : _added;
            int offered = (int)Math.Min(until - _taken, Capacity - start);
            int accepted = device.Receive(_bytes.AsSpan(start, offered));
            _taken += accepted;
            if (accepted < offered)
                return false;
        }
        return true;
    }
}
