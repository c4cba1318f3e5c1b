using Vmm.Devices.Platform.Spec;

namespace Vmm.Devices.Platform;

/// <summary>The receive side of a UART: a ring of characters, each with the line errors that came with it.</summary>
internal sealed class SerialFifo
{
    private readonly byte[] _bytes = new byte[Uart16550.FifoSize];
    private readonly byte[] _errors = new byte[Uart16550.FifoSize];
    private int _head;
    private int _marked;

    /// <summary>Characters waiting.</summary>
    public int Count { get; private set; }

    /// <summary>What it may hold: 1 while FIFOs are off.</summary>
    public int Capacity { get; private set; } = 1;

    /// <summary>Whether any waiting character came with an error.</summary>
    public bool HasErrors => _marked > 0;

    /// <summary>Adds a character; false when there is no room.</summary>
    public bool TryPush(byte value, byte errors)
    {
        if (Count >= Capacity)
            return false;
        int tail = (_head + Count) % Uart16550.FifoSize;
        (_bytes[tail], _errors[tail]) = (value, errors);
        Count++;
        if (errors != 0)
            _marked++;
        return true;
    }

    /// <summary>Takes the oldest character; 0 when there is none.</summary>
    public byte Pop()
    {
        if (Count == 0)
            return 0;
        TakeErrors();
        byte value = _bytes[_head];
        _head = (_head + 1) % Uart16550.FifoSize;
        Count--;
        return value;
    }

    /// <summary>The errors of the oldest character, which are thereby told.</summary>
    public byte TakeErrors()
    {
        if (Count == 0 || _errors[_head] == 0)
            return 0;
        byte errors = _errors[_head];
        _errors[_head] = 0;
        _marked--;
        return errors;
    }

    /// <summary>What it holds, the oldest first: the characters, and their errors.</summary>
    public (byte[] Bytes, byte[] Errors) ToArrays()
    {
        byte[] bytes = new byte[Count];
        byte[] errors = new byte[Count];
        for (int i = 0; i < Count; i++)
        {
            int at = (_head + i) % Uart16550.FifoSize;
            (bytes[i], errors[i]) = (_bytes[at], _errors[at]);
        }
        return (bytes, errors);
    }

    /// <summary>Empties it, and sets what it may hold from now on.</summary>
    public void Clear(int capacity)
    {
        Capacity = capacity;
        _head = _marked = Count = 0;
        Array.Clear(_errors);
    }
}
