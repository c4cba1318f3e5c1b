using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Consoles;

/// <summary>
/// The host's ends of a machine's consoles: the terminal for one of them, files, or nothing. Outlives a reboot of the
/// guest.
/// </summary>
internal sealed class HostConsole : IDisposable
{
    private readonly List<OutputSink> _sinks = [];
    private readonly List<ConsoleFile> _files = [];
    private readonly ConsoleTarget _serial;
    private readonly ConsoleTarget _virtio;
    private readonly Terminal? _terminal;
    private readonly ConsolePump? _pump;
    private readonly ConsoleHub? _hub;

    /// <summary>Opens what the machine's consoles lead to. The terminal is left as it is until <see cref="Start"/>.</summary>
    /// <param name="machine">Resolved.</param>
    /// <param name="end">Called, on a thread of the console's, when the user ends the machine by its key.</param>
    /// <param name="hub">Takes the terminal's place for a machine in the background; not disposed. Null for the terminal.</param>
    /// <exception cref="VmmException">A file cannot be opened.</exception>
    public HostConsole(MachineConfig machine, Action end, ConsoleHub? hub = null)
    {
        _hub = hub;
        _serial = machine.Console!;
        _virtio = machine.VirtioConsole!;
        try
        {
            Serial = Open("console", _serial);
            Virtio = Open("virtio-console", _virtio);
        }
        catch
        {
            Dispose();
            throw;
        }
        if (_serial.Kind != ConsoleKind.Tty && _virtio.Kind != ConsoleKind.Tty)
            return;
        if (hub is not null)
        {
            _pump = hub.Input;
            return;
        }
        _terminal = new Terminal();
        _pump = new ConsolePump(Linux.StandardInput, _terminal, key => OnCommand(key, end));
    }

    /// <summary>What the serial line prints to.</summary>
    public IByteSink Serial { get; } = new NullSink();

    /// <summary>What the virtio console prints to.</summary>
    public IByteSink Virtio { get; } = new NullSink();

    /// <summary>Bytes that the guest printed and nobody took.</summary>
    public long Dropped => _sinks.Sum(sink => sink.Dropped);

    /// <summary>Why what it printed was not written, such as ENOSPC for a full disk; null when it was, or nobody took it in time.</summary>
    public Errno? Refusal => _sinks.Select(sink => sink.Refusal).FirstOrDefault(refusal => refusal is not null);

    /// <summary>Connects the guest's ends, after the machine was built and again after it was rebuilt.</summary>
    /// <param name="serial">The serial line.</param>
    /// <param name="virtio">The virtio console, if the machine has one.</param>
    public void Attach(IConsoleDevice serial, IConsoleDevice? virtio)
    {
        _pump?.Attach(_serial.Kind == ConsoleKind.Tty ? serial : virtio);
        OnResized();
    }

    /// <summary>Disconnects them; afterwards the machine may be taken apart.</summary>
    public void Detach() => _pump?.Attach(null);

    /// <summary>Takes the files and the terminal, and begins to read it. Once the machine was built, before its guest runs.</summary>
    /// <param name="start">How the guest comes to run: the files of one that begins are emptied.</param>
    /// <param name="signals">Tells when the terminal is resized, or the process goes on after a stop; null for a process that has no terminal.</param>
    /// <exception cref="VmmException">A file has become somebody else's, or cannot be emptied.</exception>
    public void Start(GuestStart start, StopSignals? signals)
    {
        foreach (ConsoleFile file in _files)
            file.Take(start);
        if (_terminal is null || _pump is null)
            return;
        if (_terminal.IsTerminal && signals is not null)
        {
            _terminal.EnterRaw();
            signals.Also(PosixSignal.SIGCONT, OnContinued);
            if (_virtio.Kind == ConsoleKind.Tty)
                signals.Also(PosixSignal.SIGWINCH, OnResized);
        }
        _pump.Start();
    }

    /// <summary>Writes out what the guest printed, then restores the terminal.</summary>
    public void Dispose()
    {
        if (_hub is null)
            _pump?.Dispose();
        foreach (OutputSink sink in _sinks)
            sink.Dispose();
        _terminal?.Dispose();
    }

    private IByteSink Open(string option, ConsoleTarget target)
    {
        if (target.Kind == ConsoleKind.Off)
            return new NullSink();
        if (target.Kind == ConsoleKind.Tty && _hub is not null)
            return _hub;
        OutputSink sink;
        if (target.Kind == ConsoleKind.Tty)
        {
            sink = new OutputSink(Linux.StandardOutput, "console-out");
        }
        else
        {
            ConsoleFile file = new(option, target.Path!);
            _files.Add(file);
            sink = file.Sink;
        }
        _sinks.Add(sink);
        return sink;
    }

    private static void OnCommand(EscapeKey key, Action end)
    {
        if (key == EscapeKey.End)
            end();
        else if (key == EscapeKey.Help)
            System.Console.Error.Write(EscapeParser.HelpText);
    }

    private void OnContinued()
    {
        _terminal!.EnterRaw();
        _pump!.Wake();
        OnResized();
    }

    private void OnResized()
    {
        if (_terminal?.Size is (ushort columns, ushort rows))
            _pump!.Resize(columns, rows);
    }
}
