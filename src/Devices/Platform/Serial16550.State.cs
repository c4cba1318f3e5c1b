using System.Text.Json;
using Vmm.Devices.Platform.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <content>Saving and restoring. Whoever waits to deliver input is not part of it: the other end of the cable is new.</content>
public sealed partial class Serial16550 : IStateful
{
    private const byte CharacterErrors = Uart16550.LSR_BI | Uart16550.LSR_OE;

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        lock (_lock)
        {
            (byte[] received, byte[] errors) = _received.ToArrays();
            var state = new SerialState(
                _divisor,
                _interruptEnable,
                _fifoControl,
                _lineControl,
                _modemControl,
                _lineErrors,
                _modemLines,
                _modemDeltas,
                _scratch,
                _transmitterPending,
                received,
                errors);
            return StateJson.Write(state, DeviceStateJson.Default.SerialState);
        }
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        SerialState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.SerialState);
        Check(saved);
        lock (_lock)
        {
            _divisor = saved.Divisor;
            _interruptEnable = saved.InterruptEnable;
            _fifoControl = saved.FifoControl;
            _lineControl = saved.LineControl;
            _modemControl = saved.ModemControl;
            _lineErrors = saved.LineErrors;
            _modemLines = saved.ModemLines;
            _modemDeltas = saved.ModemDeltas;
            _scratch = saved.Scratch;
            _transmitterPending = saved.TransmitterPending;
            _received.Clear(CapacityFor(saved.FifoControl));
            for (int i = 0; i < saved.Received.Length; i++)
                _received.TryPush(saved.Received[i], saved.ReceivedErrors[i]);
            UpdateInterrupt();
        }
    }

    private static int CapacityFor(byte fifoControl) => (fifoControl & Uart16550.FCR_ENABLE) != 0 ? Uart16550.FifoSize : 1;

    private void Check(SerialState saved)
    {
        Require((saved.InterruptEnable & ~Uart16550.IER_MASK) == 0, $"interrupt-enable 0x{saved.InterruptEnable:x2} has bits that there are not");
        Require((saved.FifoControl & Uart16550.FCR_ENABLE) != 0 || saved.FifoControl == 0, $"fifo-control 0x{saved.FifoControl:x2} without its enable bit");
        Require((saved.ModemControl & ~Uart16550.MCR_MASK) == 0, $"modem-control 0x{saved.ModemControl:x2} has bits that there are not");
        Require((saved.LineErrors & ~CharacterErrors) == 0, $"line-errors 0x{saved.LineErrors:x2} has bits that there are not");
        Require((saved.ModemLines & 0x0f) == 0 && (saved.ModemDeltas & 0xf0) == 0, $"modem-lines 0x{saved.ModemLines:x2} with modem-deltas 0x{saved.ModemDeltas:x2}");
        int capacity = CapacityFor(saved.FifoControl);
        Require(saved.Received.Length <= capacity, $"received has {saved.Received.Length} bytes, of {capacity}");
        Require(saved.Received.Length == saved.ReceivedErrors.Length, $"{saved.ReceivedErrors.Length} received-errors for {saved.Received.Length} bytes received");
        foreach (byte errors in saved.ReceivedErrors)
            Require((errors & ~CharacterErrors) == 0, $"received-errors has 0x{errors:x2}");
    }

    private void Require(bool holds, string what) => StateJson.Require(holds, StateName, what);
}
