using Vmm.Devices.Backends;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Platform.Spec;

namespace Vmm.Devices.Platform;

/// <summary>
/// A 16550A serial port. What the guest sends is out at once: its transmitter is always empty. What comes in waits in the
/// chip's 16 bytes; whoever delivers it is told how much was taken and when to come again, so nothing is ever lost and
/// nothing grows.
/// </summary>
/// <remarks>
/// Two liberties against the data sheet: characters below the trigger level count as timed out at once (there is no line
/// whose idling could be timed), and OUT2 does not gate the interrupt, as many small kernels never set it.
/// </remarks>
public sealed partial class Serial16550(string name, IInterruptLine interrupt, IByteSink output) : IBusDevice
{
    private static ReadOnlySpan<byte> TriggerLevels => [1, 4, 8, 14];

    /// <summary>115200 baud, as firmware leaves it: Linux computes a speed from the divisor that it finds.</summary>
    private const ushort DefaultDivisor = 1;

    /// <summary>The other end of the cable is there and ready.</summary>
    private const byte ConnectedLines = Uart16550.MSR_DCD | Uart16550.MSR_DSR | Uart16550.MSR_CTS;

    private readonly Lock _lock = new();
    private readonly SerialFifo _received = new();
    private ushort _divisor = DefaultDivisor;
    private byte _interruptEnable;
    private byte _fifoControl;
    private byte _lineControl;
    private byte _modemControl;
    private byte _lineErrors;
    private byte _modemLines = ConnectedLines;
    private byte _modemDeltas;
    private byte _scratch;
    private bool _transmitterPending;
    private bool _senderWaits;
    private bool _raised;

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <summary>
    /// There is room again after <see cref="Receive"/> or <see cref="SendBreak"/> had to refuse something. Called on the
    /// vCPU thread that made the room, outside the device's lock, so calling <see cref="Receive"/> on the spot is allowed.
    /// Better is to do so from a thread of one's own, after about as long as the guest took to empty the chip: a guest
    /// that finds new bytes each time it returns from its interrupt never gets to the program that reads them.
    /// </summary>
    public Action? RoomAvailable { get; set; }

    private bool Loopback => (_modemControl & Uart16550.MCR_LOOP) != 0;

    /// <summary>
    /// Whether the guest takes input. It does not in loopback, nor when it has dropped RTS but is still there (DTR): that
    /// is hardware flow control, which Linux does with <c>crtscts</c>. A guest that never touches either is open.
    /// </summary>
    private bool Open => !Loopback && (_modemControl & (Uart16550.MCR_DTR | Uart16550.MCR_RTS)) != Uart16550.MCR_DTR;

    private bool DivisorLatch => (_lineControl & Uart16550.LCR_DLAB) != 0;

    /// <summary>Offers bytes from outside.</summary>
    /// <returns>How many were taken, from the front. When that is not all, <see cref="RoomAvailable"/> says when to offer the rest.</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int taken = 0;
            while (taken < bytes.Length && Open && _received.TryPush(bytes[taken], errors: 0))
                taken++;
            _senderWaits |= taken < bytes.Length;
            UpdateInterrupt();
            return taken;
        }
    }

    /// <summary>Sends a break, in order with the bytes before it.</summary>
    /// <returns>False when there is no room now; <see cref="RoomAvailable"/> says when to try again.</returns>
    public bool SendBreak()
    {
        lock (_lock)
        {
            // A break arrives as a character of zeros with its own mark (8.4, bit 4).
            bool taken = Open && _received.TryPush(0, Uart16550.LSR_BI);
            _senderWaits |= !taken;
            UpdateInterrupt();
            return taken;
        }
    }

    /// <inheritdoc/>
    /// <remarks>A wide access is as many byte accesses, as on the ISA bus.</remarks>
    public void Read(ulong offset, Span<byte> data)
    {
        bool room;
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i++)
                data[i] = ReadRegister((int)offset + i);
            UpdateInterrupt();
            room = TakeRoom();
        }
        if (room)
            RoomAvailable?.Invoke();
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        bool room;
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i++)
                WriteRegister((int)offset + i, data[i]);
            UpdateInterrupt();
            room = TakeRoom();
        }
        if (room)
            RoomAvailable?.Invoke();
    }

    /// <summary>Returns to the state at power-on.</summary>
    public void Reset()
    {
        bool room;
        lock (_lock)
        {
            _divisor = DefaultDivisor;
            _interruptEnable = _fifoControl = _lineControl = _modemControl = _lineErrors = _modemDeltas = _scratch = 0;
            _modemLines = ConnectedLines;
            _transmitterPending = false;
            _received.Clear(capacity: 1);
            UpdateInterrupt();
            room = TakeRoom();
        }
        if (room)
            RoomAvailable?.Invoke();
    }

    private byte ReadRegister(int register) => register switch
    {
        Uart16550.Data => DivisorLatch ? (byte)_divisor : _received.Pop(),
        Uart16550.InterruptEnable => DivisorLatch ? (byte)(_divisor >> 8) : _interruptEnable,
        Uart16550.InterruptIdentification => ReadInterruptIdentification(),
        Uart16550.LineControl => _lineControl,
        Uart16550.ModemControl => _modemControl,
        Uart16550.LineStatus => ReadLineStatus(),
        Uart16550.ModemStatus => ReadModemStatus(),
        Uart16550.Scratch => _scratch,
        _ => 0xff,
    };

    private void WriteRegister(int register, byte value)
    {
        switch (register)
        {
            case Uart16550.Data when DivisorLatch:
                _divisor = (ushort)(_divisor & 0xff00 | value);
                break;
            case Uart16550.Data:
                Transmit(value);
                break;
            case Uart16550.InterruptEnable when DivisorLatch:
                _divisor = (ushort)(_divisor & 0x00ff | value << 8);
                break;
            case Uart16550.InterruptEnable:
                // Enabling it while the transmitter is empty asks at once; Linux tests chips for that.
                if ((value & ~_interruptEnable & Uart16550.IER_THRE) != 0)
                    _transmitterPending = true;
                _interruptEnable = (byte)(value & Uart16550.IER_MASK);
                break;
            case Uart16550.InterruptIdentification:
                WriteFifoControl(value);
                break;
            case Uart16550.LineControl:
                _lineControl = value;
                break;
            case Uart16550.ModemControl:
                _modemControl = (byte)(value & Uart16550.MCR_MASK);
                UpdateModemLines();
                break;
            case Uart16550.Scratch:
                _scratch = value;
                break;
            default: // the status registers are read-only
                break;
        }
    }

    private void Transmit(byte value)
    {
        _transmitterPending = true;
        if (!Loopback)
            output.Write(new ReadOnlySpan<byte>(in value));
        else if (!_received.TryPush(value, errors: 0))
            _lineErrors |= Uart16550.LSR_OE;
    }

    private void WriteFifoControl(byte value)
    {
        bool enable = (value & Uart16550.FCR_ENABLE) != 0;
        bool toggled = ((value ^ _fifoControl) & Uart16550.FCR_ENABLE) != 0;
        if (toggled || (enable && (value & Uart16550.FCR_CLEAR_RECEIVE) != 0))
            _received.Clear(enable ? Uart16550.FifoSize : 1);
        // The other bits are only taken together with the enable bit (8.5).
        _fifoControl = enable ? value : (byte)0;
    }

    private byte ReadInterruptIdentification()
    {
        byte cause = FindCause();
        if (cause == Uart16550.IIR_THRE)
            _transmitterPending = false;
        return _received.Capacity > 1 ? (byte)(cause | Uart16550.IIR_FIFO) : cause;
    }

    private byte ReadLineStatus()
    {
        int status = Uart16550.LSR_THRE | Uart16550.LSR_TEMT | _lineErrors;
        if (_received.Count > 0)
            status |= Uart16550.LSR_DR;
        if (_received.Capacity > 1 && (_received.HasErrors || (_lineErrors & Uart16550.LSR_BI) != 0))
            status |= Uart16550.LSR_FIFO_ERROR;
        _lineErrors = 0;
        return (byte)status;
    }

    private byte ReadModemStatus()
    {
        byte status = (byte)(_modemLines | _modemDeltas);
        _modemDeltas = 0;
        return status;
    }

    /// <summary>In loopback the modem's lines are the port's own outputs (8.8, bit 4).</summary>
    private void UpdateModemLines()
    {
        int lines = ConnectedLines;
        if (Loopback)
        {
            lines = ((_modemControl & Uart16550.MCR_RTS) != 0 ? Uart16550.MSR_CTS : 0)
                | ((_modemControl & Uart16550.MCR_DTR) != 0 ? Uart16550.MSR_DSR : 0)
                | ((_modemControl & Uart16550.MCR_OUT1) != 0 ? Uart16550.MSR_RI : 0)
                | ((_modemControl & Uart16550.MCR_OUT2) != 0 ? Uart16550.MSR_DCD : 0);
        }
        int changed = lines ^ _modemLines;
        int rung = changed & _modemLines & Uart16550.MSR_RI;
        _modemDeltas |= (byte)(((changed & ~Uart16550.MSR_RI) | rung) >> 4);
        _modemLines = (byte)lines;
    }

    /// <summary>What asks most urgently (8.6, table IV).</summary>
    private byte FindCause()
    {
        if (_lineErrors != 0 && (_interruptEnable & Uart16550.IER_LSR) != 0)
            return Uart16550.IIR_LSR;
        if (_received.Count > 0 && (_interruptEnable & Uart16550.IER_RDA) != 0)
        {
            int trigger = _received.Capacity == 1 ? 1 : TriggerLevels[_fifoControl >> Uart16550.FCR_TRIGGER_SHIFT];
            return _received.Count >= trigger ? Uart16550.IIR_RDA : Uart16550.IIR_CTI;
        }
        if (_transmitterPending && (_interruptEnable & Uart16550.IER_THRE) != 0)
            return Uart16550.IIR_THRE;
        if (_modemDeltas != 0 && (_interruptEnable & Uart16550.IER_MSR) != 0)
            return Uart16550.IIR_MSR;
        return Uart16550.IIR_NONE;
    }

    private void UpdateInterrupt()
    {
        // A character's errors show once it is the oldest (8.4).
        _lineErrors |= _received.TakeErrors();
        bool raise = FindCause() != Uart16550.IIR_NONE;
        if (raise == _raised)
            return;
        _raised = raise;
        if (raise)
            interrupt.Raise();
        else
            interrupt.Lower();
    }

    /// <summary>Whether the sender is to be told. Only once all is read: so a paste costs one call for 16 bytes, not for each.</summary>
    private bool TakeRoom()
    {
        bool tell = _senderWaits && _received.Count == 0 && Open;
        _senderWaits &= !tell;
        return tell;
    }
}
