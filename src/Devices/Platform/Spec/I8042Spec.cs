namespace Vmm.Devices.Platform.Spec;

/// <summary>The keyboard controller (IBM PS/2 Hardware Interface Technical Reference, keyboard and auxiliary device controller).</summary>
public static class I8042Spec
{
    /// <summary>Data register.</summary>
    public const int Data = 0;

    /// <summary>Status when read, command when written.</summary>
    public const int StatusCommand = 4;

    /// <summary>Status: a byte waits to be read.</summary>
    public const byte StatusOutputFull = 1 << 0;

    /// <summary>Status: the controller has passed its self-test.</summary>
    public const byte StatusSystem = 1 << 2;

    /// <summary>Status: what was written last was a command.</summary>
    public const byte StatusCommandLast = 1 << 3;

    /// <summary>Status: the keyboard is not locked.</summary>
    public const byte StatusUnlocked = 1 << 4;

    /// <summary>Status: the device did not answer.</summary>
    public const byte StatusTimeout = 1 << 6;

    /// <summary>Controller RAM: the command byte is its first.</summary>
    public const int RamSize = 32;

    /// <summary>Command byte: interrupt when a byte from the keyboard waits.</summary>
    public const byte ControlKeyboardInterrupt = 1 << 0;

    /// <summary>Command byte as firmware leaves it: keyboard interrupt, system flag, no mouse, translation.</summary>
    public const byte ControlDefault = 0x65;

    /// <summary>Commands 0x20 to 0x3F read controller RAM.</summary>
    public const byte ReadRam = 0x20;

    /// <summary>Commands 0x60 to 0x7F write controller RAM.</summary>
    public const byte WriteRam = 0x60;

    /// <summary>Test the mouse's wires.</summary>
    public const byte TestMouse = 0xa9;

    /// <summary>Self-test.</summary>
    public const byte SelfTest = 0xaa;

    /// <summary>Test the keyboard's wires.</summary>
    public const byte TestKeyboard = 0xab;

    /// <summary>Read the input port.</summary>
    public const byte ReadInputPort = 0xc0;

    /// <summary>Read the output port.</summary>
    public const byte ReadOutputPort = 0xd0;

    /// <summary>Write the output port.</summary>
    public const byte WriteOutputPort = 0xd1;

    /// <summary>Put a byte into the output buffer as if the keyboard had sent it.</summary>
    public const byte WriteKeyboardBuffer = 0xd2;

    /// <summary>Put a byte into the output buffer as if the mouse had sent it.</summary>
    public const byte WriteMouseBuffer = 0xd3;

    /// <summary>Send a byte to the mouse.</summary>
    public const byte WriteMouse = 0xd4;

    /// <summary>Commands 0xF0 to 0xFF pulse the output port's low bits that are 0 in the command.</summary>
    public const byte PulseOutputPort = 0xf0;

    /// <summary>Output port: 0 resets the processor.</summary>
    public const byte OutputNoReset = 1 << 0;

    /// <summary>Output port: address line 20 is open.</summary>
    public const byte OutputA20 = 1 << 1;

    /// <summary>Answer to <see cref="SelfTest"/>: passed.</summary>
    public const byte SelfTestPassed = 0x55;

    /// <summary>Answer to <see cref="TestKeyboard"/>: passed.</summary>
    public const byte WiresGood = 0x00;

    /// <summary>Answer to <see cref="TestMouse"/>: its clock line is stuck low, so there is none.</summary>
    public const byte ClockStuckLow = 0x01;

    /// <summary>What is read when a device does not answer.</summary>
    public const byte NoAnswer = 0xfe;
}
