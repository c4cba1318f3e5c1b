using Vmm.Host;

namespace Vmm.Consoles;

/// <summary>
/// The user's terminal. Raw while a guest has it: every key goes to the guest, Ctrl-C too. Whatever way the process ends
/// by, the terminal gets back the settings that it had.
/// </summary>
/// <remarks>SIGKILL and a fault of the runtime itself leave it raw; <c>reset</c> mends it then.</remarks>
internal sealed unsafe class Terminal : IDisposable
{
    private readonly int _fd;
    private readonly Lock _lock = new();
    private Linux.termios _before;
    private bool _raw;
    private bool _closed;

    /// <summary>Looks at a descriptor; changes nothing yet.</summary>
    public Terminal(int fd = Linux.StandardInput)
    {
        _fd = fd;
        IsTerminal = Linux.isatty(fd) == 1;
    }

    /// <summary>Whether there is a terminal at all; a pipe or file otherwise.</summary>
    public bool IsTerminal { get; }

    /// <summary>Whether this process may read the terminal now; a background job may not, the kernel would stop it.</summary>
    public bool IsForeground => IsTerminal && Linux.tcgetpgrp(_fd) is int group && (group < 0 || group == Linux.getpgrp());

    /// <summary>Columns and rows, or null when the terminal does not know.</summary>
    public (ushort Columns, ushort Rows)? Size
    {
        get
        {
            Linux.winsize size = default;
            bool known = IsTerminal && Linux.ioctl(_fd, Linux.TIOCGWINSZ, (nint)(&size)) == 0 && size.ws_col > 0 && size.ws_row > 0;
            return known ? (size.ws_col, size.ws_row) : null;
        }
    }

    /// <summary>Makes the terminal raw, if there is one and it is this process's turn. Again after the process was stopped and continued.</summary>
    public void EnterRaw()
    {
        lock (_lock)
        {
            if (_closed || !IsForeground)
                return;
            Linux.termios settings;
            if (!_raw)
            {
                if (Linux.tcgetattr(_fd, &settings) < 0)
                    return;
                _before = settings;
                _raw = true;
                AppDomain.CurrentDomain.ProcessExit += OnProcessEnd;
                AppDomain.CurrentDomain.UnhandledException += OnProcessEnd;
            }
            settings = _before;
            Linux.cfmakeraw(&settings);
            // Output stays cooked: a guest that sends only line feeds, and our own messages, still begin at the left.
            settings.c_oflag |= Linux.OPOST | Linux.ONLCR;
            _ = Linux.tcsetattr(_fd, Linux.TCSANOW, &settings);
        }
    }

    /// <summary>Gives the terminal its settings back, for good.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            if (!_raw)
                return;
            _raw = false;
            AppDomain.CurrentDomain.ProcessExit -= OnProcessEnd;
            AppDomain.CurrentDomain.UnhandledException -= OnProcessEnd;
            fixed (Linux.termios* before = &_before)
                _ = Linux.tcsetattr(_fd, Linux.TCSADRAIN, before);
        }
    }

    private void OnProcessEnd(object? sender, EventArgs e) => Dispose();
}
