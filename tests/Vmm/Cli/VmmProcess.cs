using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Vmm.Tests.Vmm.Consoles;

namespace Vmm.Tests.Vmm.Cli;

/// <summary>The built program, run by a user at a terminal: a process of its own on a pseudo terminal.</summary>
internal sealed partial class VmmProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly StringBuilder _screen = new();
    private readonly Thread _reader;
    private readonly Process _process;

    /// <summary>Starts <c>vmm</c>, with the terminal as its standard input, output and error.</summary>
    public VmmProcess(params string[] arguments)
    {
        Before = Pty.Settings;
        _reader = new Thread(ReadScreen) { IsBackground = true };
        _reader.Start();
        string command = string.Join(' ', arguments.Select(argument => $"'{argument}'"));
        // setsid -c makes the pseudo terminal the process's controlling terminal, as a login does.
        _process = Process.Start("/bin/sh", ["-c", $"exec setsid -c '{Program}' {command} <{Pty.Path} >{Pty.Path} 2>&1"]);
    }

    /// <summary>The program to test: the published one where VMM_BINARY names it.</summary>
    public static string Program => Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.Combine(AppContext.BaseDirectory, "vmm");

    /// <summary>Whether guests can be run here by this user.</summary>
    public static bool HasKvm
    {
        get
        {
            try
            {
                using FileStream device = new("/dev/kvm", FileMode.Open, FileAccess.ReadWrite);
                return true;
            }
            catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    public Pty Pty { get; } = new();

    /// <summary>The terminal's settings before the program came.</summary>
    public string Before { get; }

    /// <summary>All that was shown so far.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
                return _screen.ToString();
        }
    }

    /// <summary>Waits until the screen shows a text.</summary>
    public void Await(string text)
    {
        lock (_screen)
        {
            long start = Stopwatch.GetTimestamp();
            while (!_screen.ToString().Contains(text, StringComparison.Ordinal))
            {
                if (!Monitor.Wait(_screen, s_patience) || Stopwatch.GetElapsedTime(start) > s_patience)
                    throw new TimeoutException($"'{text}' was not shown; the screen has:\n{_screen}");
            }
        }
    }

    public void Type(string keys) => Pty.User.Write(Encoding.Latin1.GetBytes(keys));

    /// <summary>Waits until it is stopped (proc(5): state T).</summary>
    public void AwaitStop()
    {
        if (!SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{_process.Id}/stat").Contains(") T ", StringComparison.Ordinal), s_patience))
            throw new TimeoutException("it was not stopped");
    }

    public void Signal(int number) => _ = kill(_process.Id, number);

    /// <summary>Waits for the end and returns the exit code.</summary>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(s_patience))
            throw new TimeoutException($"the program did not end; the screen has:\n{Screen}");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        Pty.Dispose();
    }

    private void ReadScreen()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (Pty.User.Read(buffer) is int count and > 0)
            {
                lock (_screen)
                {
                    _screen.Append(Encoding.Latin1.GetString(buffer, 0, count));
                    Monitor.PulseAll(_screen);
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            // The terminal is gone.
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
