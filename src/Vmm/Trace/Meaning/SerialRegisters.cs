using Vmm.Devices.Platform.Spec;
using Vmm.Machine.Config;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>A 16550A (PC16550D data sheet, 8). The first two registers are the divisor's while DLAB is set.</summary>
internal sealed class SerialRegisters : IRegisterNames
{
    private static readonly string[] s_pending = ["modem status", "transmitter empty", "data", "line status", "", "", "data waits (timeout)", ""];

    private bool _divisor;

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        byte value = (byte)exit.Value;
        switch ((int)exit.Offset)
        {
            case Uart16550.Data when _divisor:
                return new("DLL");
            case Uart16550.Data:
                return new(exit.IsWrite ? "THR" : "RBR", Text(exit.Data));
            case Uart16550.InterruptEnable when _divisor:
                return new("DLM");
            case Uart16550.InterruptEnable:
                return new("IER", BitNames.Of(value, "RDA", "THRE", "LSR", "MSR"));
            case Uart16550.InterruptIdentification when exit.IsWrite:
                return new("FCR", BitNames.Of(value, "enable", "clear-rx", "clear-tx"));
            case Uart16550.InterruptIdentification:
                return new("IIR", (value & 1) != 0 ? "nothing pending" : s_pending[value >> 1 & 7]);
            case Uart16550.LineControl:
                _divisor = (value & Uart16550.LCR_DLAB) != 0;
                return new("LCR", Line(value));
            case Uart16550.ModemControl:
                return new("MCR", BitNames.Of(value, "DTR", "RTS", "OUT1", "OUT2", "LOOP"));
            case Uart16550.LineStatus:
                return new("LSR", BitNames.Of(value, "DR", "OE", "PE", "FE", "BI", "THRE", "TEMT", "fifo-error"));
            case Uart16550.ModemStatus:
                return new("MSR", BitNames.Of(value, "dCTS", "dDSR", "TERI", "dDCD", "CTS", "DSR", "RI", "DCD"));
            case Uart16550.Scratch:
                return new("SCR");
            default:
                return null;
        }
    }

    private static string Text(byte[] data) => $"'{Printable.Escape(string.Concat(data.Select(one => (char)one)))}'";

    private static string Line(byte value)
    {
        const int parity = 1 << 3, even = 1 << 4, stop = 1 << 2, broken = 1 << 6;
        string frame = $"{5 + (value & 3)}{((value & parity) == 0 ? 'N' : (value & even) == 0 ? 'O' : 'E')}{((value & stop) == 0 ? 1 : 2)}";
        return frame + ((value & broken) != 0 ? " break" : "") + ((value & Uart16550.LCR_DLAB) != 0 ? " DLAB" : "");
    }
}
