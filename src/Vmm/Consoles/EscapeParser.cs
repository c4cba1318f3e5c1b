namespace Vmm.Consoles;

/// <summary>
/// Finds the commands to <c>vmm</c> in what the user types: Ctrl-A and a letter, as QEMU has it. The letter may come any
/// time later, and with Ctrl still held.
/// </summary>
internal sealed class EscapeParser
{
    /// <summary>Ctrl-A.</summary>
    public const byte Escape = 0x01;

    /// <summary>Ctrl turns a letter into its place in the alphabet.</summary>
    private const byte LetterFromControl = 0x60;

    /// <summary>What <see cref="EscapeKey.Help"/> shows.</summary>
    public const string HelpText = """

        Ctrl-A x       end the machine
        Ctrl-A b       send a break (SysRq: break, then its letter)
        Ctrl-A Ctrl-A  send Ctrl-A
        Ctrl-A h       this help

        """;

    /// <summary>The same at a console that was attached to.</summary>
    public const string AttachedHelpText = """

        Ctrl-A d       detach; the VM runs on
        Ctrl-A b       send a break (SysRq: break, then its letter)
        Ctrl-A Ctrl-A  send Ctrl-A
        Ctrl-A h       this help

        """;

    private bool _escaped;

    /// <summary>Reads the next byte.</summary>
    public EscapeKey Next(byte typed)
    {
        if (!_escaped)
        {
            _escaped = typed == Escape;
            return _escaped ? EscapeKey.Nothing : EscapeKey.Data;
        }
        _escaped = false;
        if (typed == Escape)
            return EscapeKey.Data;
        // 'c' is kept for a monitor.
        byte letter = typed < 0x20 ? (byte)(typed + LetterFromControl) : (byte)(typed | 0x20);
        return letter switch
        {
            (byte)'x' => EscapeKey.End,
            (byte)'d' => EscapeKey.Detach,
            (byte)'h' or (byte)'?' => EscapeKey.Help,
            (byte)'b' => EscapeKey.Break,
            _ => EscapeKey.Nothing,
        };
    }
}
