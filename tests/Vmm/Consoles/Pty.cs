using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Vmm.Host;

namespace Vmm.Tests.Vmm.Consoles;

/// <summary>A pseudo terminal: the test is the user at its master end.</summary>
internal sealed unsafe partial class Pty : IDisposable
{
    private readonly SafeFileHandle _master;

    public Pty()
    {
        int master, slave;
        byte* name = stackalloc byte[128];
        if (openpty(&master, &slave, name, null, null) != 0)
            throw new InvalidOperationException($"openpty: {Linux.LastError}");
        _master = new SafeFileHandle(master, ownsHandle: true);
        Slave = slave;
        Path = Marshal.PtrToStringUTF8((nint)name)!;
        User = new FileStream(_master, FileAccess.ReadWrite, bufferSize: 0);
    }

    /// <summary>The program's end.</summary>
    public int Slave { get; private set; }

    /// <summary>/dev/pts/N.</summary>
    public string Path { get; }

    /// <summary>What the user types and sees.</summary>
    public FileStream User { get; }

    /// <summary>The settings as one comparable text.</summary>
    public string Settings
    {
        get
        {
            Linux.termios settings;
            if (Linux.tcgetattr(Slave, &settings) != 0)
                throw new InvalidOperationException($"tcgetattr: {Linux.LastError}");
            return Convert.ToHexString(new ReadOnlySpan<byte>(&settings, sizeof(Linux.termios)));
        }
    }

    /// <summary>Gives it settings that it had, as a shell does when a program was stopped.</summary>
    public void Restore(string settings)
    {
        fixed (byte* bytes = Convert.FromHexString(settings))
        {
            if (Linux.tcsetattr(Slave, Linux.TCSANOW, (Linux.termios*)bytes) != 0)
                throw new InvalidOperationException($"tcsetattr: {Linux.LastError}");
        }
    }

    public void SetSize(ushort columns, ushort rows)
    {
        const nuint TIOCSWINSZ = 0x5414;
        Linux.winsize size = new() { ws_col = columns, ws_row = rows };
        _ = Linux.ioctl(Slave, TIOCSWINSZ, (nint)(&size));
    }

    public void Dispose()
    {
        _ = Linux.close(Slave);
        User.Dispose();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int openpty(int* master, int* slave, byte* name, void* settings, void* size);
}
