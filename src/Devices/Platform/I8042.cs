using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Platform.Spec;

namespace Vmm.Devices.Platform;

/// <summary>
/// A keyboard controller with neither keyboard nor mouse. It answers every command at once, and a byte sent to a device
/// comes back as "no answer" with the time-out bit, so that no driver waits for one. What it is there for is its reset
/// line, which kernels use to reboot.
/// </summary>
public sealed partial class I8042(IPowerControl power, IInterruptLine keyboardInterrupt) : IBusDevice
{
    private readonly Lock _lock = new();
    private readonly byte[] _ram = CreateRam();
    private byte _output;
    private byte _outputStatus;
    private byte _outputPort = I8042Spec.OutputNoReset | I8042Spec.OutputA20;
    private byte _lastCommand;
    private bool _expectsData;
    private bool _commandLast;
    private bool _raised;

    /// <inheritdoc/>
    public string Name => "i8042";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        lock (_lock)
        {
            data.Fill(0xff);
            if (offset == I8042Spec.StatusCommand)
                data[0] = ReadStatus();
            else if (offset == I8042Spec.Data)
                data[0] = ReadData();
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        bool reset = false;
        lock (_lock)
        {
            if (offset == I8042Spec.StatusCommand)
                reset = WriteCommand(data[0]);
            else if (offset == I8042Spec.Data)
                reset = WriteData(data[0]);
            UpdateInterrupt();
        }
        if (reset)
            power.Reset();
    }

    /// <summary>Returns to the state at power-on.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            CreateRam().CopyTo(_ram, 0);
            _output = _outputStatus = _lastCommand = 0;
            _outputPort = I8042Spec.OutputNoReset | I8042Spec.OutputA20;
            _expectsData = _commandLast = false;
            UpdateInterrupt();
        }
    }

    private static bool TakesData(byte command) => command
        is (>= I8042Spec.WriteRam and < I8042Spec.WriteRam + I8042Spec.RamSize)
        or I8042Spec.WriteOutputPort or I8042Spec.WriteKeyboardBuffer or I8042Spec.WriteMouseBuffer or I8042Spec.WriteMouse;

    private static byte[] CreateRam()
    {
        byte[] ram = new byte[I8042Spec.RamSize];
        ram[0] = I8042Spec.ControlDefault;
        return ram;
    }

    private byte ReadStatus()
    {
        int status = I8042Spec.StatusSystem | I8042Spec.StatusUnlocked | _outputStatus;
        return (byte)(_commandLast ? status | I8042Spec.StatusCommandLast : status);
    }

    private byte ReadData()
    {
        _outputStatus = 0;
        UpdateInterrupt();
        return _output;
    }

    /// <summary>Does a command; true when it resets the machine.</summary>
    private bool WriteCommand(byte command)
    {
        _lastCommand = command;
        _commandLast = true;
        _expectsData = false;
        switch (command)
        {
            case >= I8042Spec.ReadRam and < I8042Spec.ReadRam + I8042Spec.RamSize:
                Answer(_ram[command - I8042Spec.ReadRam]);
                break;
            case var _ when TakesData(command):
                _expectsData = true;
                break;
            case I8042Spec.SelfTest:
                Answer(I8042Spec.SelfTestPassed);
                break;
            case I8042Spec.TestKeyboard:
                Answer(I8042Spec.WiresGood);
                break;
            case I8042Spec.TestMouse:
                Answer(I8042Spec.ClockStuckLow);
                break;
            case I8042Spec.ReadInputPort:
                Answer(0);
                break;
            case I8042Spec.ReadOutputPort:
                Answer(_outputPort);
                break;
            case >= I8042Spec.PulseOutputPort:
                return (command & I8042Spec.OutputNoReset) == 0;
            default: // enabling and disabling what is not there
                break;
        }
        return false;
    }

    /// <summary>Takes a command's data, or a byte for the keyboard; true when it resets the machine.</summary>
    private bool WriteData(byte value)
    {
        _commandLast = false;
        if (!_expectsData)
        {
            Answer(I8042Spec.NoAnswer, I8042Spec.StatusTimeout);
            return false;
        }
        _expectsData = false;
        switch (_lastCommand)
        {
            case I8042Spec.WriteOutputPort:
                _outputPort = value;
                return (value & I8042Spec.OutputNoReset) == 0;
            case I8042Spec.WriteKeyboardBuffer:
            case I8042Spec.WriteMouseBuffer: // without the mouse's mark: a driver sees that there is no such port
                Answer(value);
                break;
            case I8042Spec.WriteMouse:
                Answer(I8042Spec.NoAnswer, I8042Spec.StatusTimeout);
                break;
            default:
                _ram[_lastCommand - I8042Spec.WriteRam] = value;
                break;
        }
        return false;
    }

    private void Answer(byte value, byte status = 0)
    {
        _output = value;
        _outputStatus = (byte)(status | I8042Spec.StatusOutputFull);
    }

    private void UpdateInterrupt()
    {
        bool raise = _outputStatus != 0 && (_ram[0] & I8042Spec.ControlKeyboardInterrupt) != 0;
        if (raise == _raised)
            return;
        _raised = raise;
        if (raise)
            keyboardInterrupt.Raise();
        else
            keyboardInterrupt.Lower();
    }
}
