using Vmm.Devices.Platform;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;
using static Vmm.Devices.Platform.Spec.Uart16550;

namespace Vmm.Tests.Devices.Platform;

/// <summary>What Linux's 8250 driver asks a port before it believes in a 16550A and trusts its interrupts (drivers/tty/serial/8250/8250_port.c, autoconfig and startup).</summary>
public class Linux8250ProbeTests
{
    private readonly RecordingLine _line = new();
    private readonly Serial16550 _serial;

    public Linux8250ProbeTests() => _serial = new Serial16550("serial0", _line, new CollectingSink());

    [Fact]
    public void Port_is_recognised_as_present()
    {
        _serial.Out8(InterruptEnable, 0);
        Assert.Equal(0, _serial.In8(InterruptEnable) & 0x0f);
        _serial.Out8(InterruptEnable, 0x0f);
        Assert.Equal(0x0f, _serial.In8(InterruptEnable) & 0x0f);
        _serial.Out8(InterruptEnable, 0);

        // Loopback with OUT2 and RTS must show as DCD and CTS.
        _serial.Out8(ModemControl, MCR_LOOP | MCR_OUT2 | MCR_RTS);
        Assert.Equal(MSR_DCD | MSR_CTS, _serial.In8(ModemStatus) & 0xf0);
    }

    [Fact]
    public void Port_is_recognised_as_16550A_and_nothing_grander()
    {
        _serial.Out8(LineControl, 0xbf);
        _serial.Out8(InterruptIdentification, 0);
        _serial.Out8(LineControl, 0);
        _serial.Out8(InterruptIdentification, FCR_ENABLE);
        Assert.Equal(3, _serial.In8(InterruptIdentification) >> 6);

        // An enhanced feature register behind either latch would make it a 16650 or 16850.
        _serial.Out8(LineControl, LCR_DLAB);
        Assert.NotEqual(0, _serial.In8(InterruptIdentification));
        _serial.Out8(LineControl, 0xbf);
        Assert.NotEqual(0, _serial.In8(InterruptIdentification));

        // Loopback mirrored in another bank would make it National's super chip.
        _serial.Out8(LineControl, 0);
        byte modem = _serial.In8(ModemControl);
        _serial.Out8(ModemControl, (byte)(modem ^ MCR_LOOP));
        _serial.Out8(LineControl, 0xe0);
        Assert.Equal(0, _serial.In8(InterruptIdentification) & MCR_LOOP);
        _serial.Out8(LineControl, 0);
        _serial.Out8(ModemControl, modem);

        // Bit 5 of FCR taking effect would make it a 16750; bit 6 of IER an XScale.
        _serial.Out8(InterruptIdentification, FCR_ENABLE | 0x20);
        Assert.Equal(6, _serial.In8(InterruptIdentification) >> 5);
        _serial.Out8(InterruptEnable, 0x40);
        Assert.Equal(0, _serial.In8(InterruptEnable));
    }

    [Fact]
    public void Transmit_interrupt_is_asserted_again_each_time_it_is_enabled()
    {
        // Else the driver falls back to polling by a timer.
        for (int edge = 1; edge <= 2; edge++)
        {
            _serial.Out8(InterruptEnable, IER_THRE);
            Assert.Equal(edge, _line.Edges);
            Assert.Equal(IIR_THRE, _serial.In8(InterruptIdentification));
            _serial.Out8(InterruptEnable, 0);
        }
    }

    [Fact]
    public void Divisor_left_by_firmware_is_not_zero()
    {
        _serial.Out8(LineControl, LCR_DLAB);
        Assert.NotEqual(0, _serial.In16(Data));
    }
}
