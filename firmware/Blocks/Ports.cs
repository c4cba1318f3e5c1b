namespace Vmm.Firmware.Blocks;

/// <summary>The I/O ports tiny guests talk to.</summary>
internal static class Ports
{
    /// <summary>First serial port (COM1): data.</summary>
    public const ushort Serial = 0x3F8;

    /// <summary>16550: interrupt enable.</summary>
    public const ushort SerialInterruptEnable = Serial + 1;

    /// <summary>16550: FIFO control.</summary>
    public const ushort SerialFifoControl = Serial + 2;

    /// <summary>16550: modem control.</summary>
    public const ushort SerialModemControl = Serial + 4;

    /// <summary>16550: line status.</summary>
    public const ushort SerialLineStatus = Serial + 5;

    /// <summary>The debug console of Bochs and QEMU: every byte written is shown.</summary>
    public const byte DebugConsole = 0xE9;

    /// <summary>QEMU's isa-debug-exit: a write of v ends the VMM with status (v &lt;&lt; 1) | 1.</summary>
    public const byte DebugExit = 0xF4;

    /// <summary>POST code port: nobody answers, which makes it the plainest of all exits.</summary>
    public const byte Post = 0x80;

    /// <summary>Keyboard controller, command register.</summary>
    public const byte KeyboardController = 0x64;

    /// <summary>Data port of the first interrupt controller: its mask.</summary>
    public const byte MasterPicMask = 0x21;

    /// <summary>Data port of the second interrupt controller.</summary>
    public const byte SlavePicMask = 0xA1;
}
