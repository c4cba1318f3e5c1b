namespace Vmm.Devices.Platform.Spec;

/// <summary>Registers and bits of the 16550A (National Semiconductor PC16550D data sheet, June 1995, section 8).</summary>
public static class Uart16550
{
    /// <summary>Receive buffer and transmit holding register; low divisor latch with DLAB.</summary>
    public const int Data = 0;

    /// <summary>Interrupt enable; high divisor latch with DLAB.</summary>
    public const int InterruptEnable = 1;

    /// <summary>Interrupt identification when read, FIFO control when written.</summary>
    public const int InterruptIdentification = 2;

    /// <summary>Line control.</summary>
    public const int LineControl = 3;

    /// <summary>Modem control.</summary>
    public const int ModemControl = 4;

    /// <summary>Line status.</summary>
    public const int LineStatus = 5;

    /// <summary>Modem status.</summary>
    public const int ModemStatus = 6;

    /// <summary>Scratch.</summary>
    public const int Scratch = 7;

    /// <summary>Bytes that the receive FIFO holds.</summary>
    public const int FifoSize = 16;

    /// <summary>IER: received data available (8.7).</summary>
    public const byte IER_RDA = 1 << 0;

    /// <summary>IER: transmit holding register empty.</summary>
    public const byte IER_THRE = 1 << 1;

    /// <summary>IER: line status.</summary>
    public const byte IER_LSR = 1 << 2;

    /// <summary>IER: modem status.</summary>
    public const byte IER_MSR = 1 << 3;

    /// <summary>IER: the bits that exist. Drivers tell chips apart by the rest reading as 0.</summary>
    public const byte IER_MASK = 0x0f;

    /// <summary>IIR: nothing pending (8.6, table IV).</summary>
    public const byte IIR_NONE = 0x01;

    /// <summary>IIR: modem status, the lowest priority.</summary>
    public const byte IIR_MSR = 0x00;

    /// <summary>IIR: transmit holding register empty.</summary>
    public const byte IIR_THRE = 0x02;

    /// <summary>IIR: received data at the trigger level.</summary>
    public const byte IIR_RDA = 0x04;

    /// <summary>IIR: received data has waited in the FIFO.</summary>
    public const byte IIR_CTI = 0x0c;

    /// <summary>IIR: line status, the highest priority.</summary>
    public const byte IIR_LSR = 0x06;

    /// <summary>IIR: FIFOs are on.</summary>
    public const byte IIR_FIFO = 0xc0;

    /// <summary>FCR: FIFOs on (8.5).</summary>
    public const byte FCR_ENABLE = 1 << 0;

    /// <summary>FCR: empty the receive FIFO.</summary>
    public const byte FCR_CLEAR_RECEIVE = 1 << 1;

    /// <summary>FCR: where the two bits of the receive trigger are.</summary>
    public const int FCR_TRIGGER_SHIFT = 6;

    /// <summary>LCR: divisor latch access (8.1).</summary>
    public const byte LCR_DLAB = 1 << 7;

    /// <summary>MCR: data terminal ready (8.8).</summary>
    public const byte MCR_DTR = 1 << 0;

    /// <summary>MCR: request to send.</summary>
    public const byte MCR_RTS = 1 << 1;

    /// <summary>MCR: user output 1.</summary>
    public const byte MCR_OUT1 = 1 << 2;

    /// <summary>MCR: user output 2.</summary>
    public const byte MCR_OUT2 = 1 << 3;

    /// <summary>MCR: loopback.</summary>
    public const byte MCR_LOOP = 1 << 4;

    /// <summary>MCR: the bits that exist.</summary>
    public const byte MCR_MASK = 0x1f;

    /// <summary>LSR: data ready (8.4).</summary>
    public const byte LSR_DR = 1 << 0;

    /// <summary>LSR: overrun.</summary>
    public const byte LSR_OE = 1 << 1;

    /// <summary>LSR: break.</summary>
    public const byte LSR_BI = 1 << 4;

    /// <summary>LSR: transmit holding register empty.</summary>
    public const byte LSR_THRE = 1 << 5;

    /// <summary>LSR: transmitter empty.</summary>
    public const byte LSR_TEMT = 1 << 6;

    /// <summary>LSR: an error is somewhere in the receive FIFO.</summary>
    public const byte LSR_FIFO_ERROR = 1 << 7;

    /// <summary>MSR: clear to send has changed (8.9).</summary>
    public const byte MSR_DCTS = 1 << 0;

    /// <summary>MSR: data set ready has changed.</summary>
    public const byte MSR_DDSR = 1 << 1;

    /// <summary>MSR: the ring indicator has gone off.</summary>
    public const byte MSR_TERI = 1 << 2;

    /// <summary>MSR: data carrier detect has changed.</summary>
    public const byte MSR_DDCD = 1 << 3;

    /// <summary>MSR: clear to send.</summary>
    public const byte MSR_CTS = 1 << 4;

    /// <summary>MSR: data set ready.</summary>
    public const byte MSR_DSR = 1 << 5;

    /// <summary>MSR: ring indicator.</summary>
    public const byte MSR_RI = 1 << 6;

    /// <summary>MSR: data carrier detect.</summary>
    public const byte MSR_DCD = 1 << 7;
}
