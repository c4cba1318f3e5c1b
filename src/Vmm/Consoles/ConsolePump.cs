using System.Diagnostics;
using Vmm.Host;

namespace Vmm.Consoles;

/// <summary>
/// Carries what the user types to the guest, on a thread of its own. Reads no more than the guest takes: a paste of any
/// size waits in the terminal, and nothing is lost.
/// </summary>
internal sealed unsafe class ConsolePump : IDisposable
{
    private const int ReadSize = 4096;

    /// <summary>The longest rest given to a guest between two deliveries.</summary>
    private static readonly TimeSpan s_longestRest = TimeSpan.FromMilliseconds(1);

    private readonly int _fd;
    private readonly Terminal _terminal;
    private readonly Action<EscapeKey> _command;
    private readonly EscapeParser _parser = new();
    private readonly InputQueue _queue = new();
    private readonly EventFd _wake = new();
    private readonly Thread _thread;
    private readonly Lock _deviceLock = new();
    private IConsoleDevice? _device;
    private volatile bool _stopping;
    private volatile bool _roomSignalled;
    private bool _ended;
    private bool _deviceFull;
    private long _delivered;
    private int _breaksAsked;

    /// <summary>Prepares the pump.</summary>
    /// <param name="fd">Where the user's input comes from.</param>
    /// <param name="terminal">The terminal behind it, if it is one. Without a terminal every byte is data.</param>
    /// <param name="command">Told, on the pump's thread, what the user wants of <c>vmm</c>.</param>
    public ConsolePump(int fd, Terminal terminal, Action<EscapeKey> command)
    {
        _fd = fd;
        _terminal = terminal;
        _command = command;
        _thread = new Thread(Loop, maxStackSize: 256 << 10) { Name = "console-in", IsBackground = true };
    }

    /// <summary>Starts reading. Input that has ended already, such as /dev/null, costs no thread.</summary>
    public void Start()
    {
        if (!_terminal.IsTerminal && HasInput())
            ReadInput();
        if (!_ended || !_queue.IsEmpty)
            HostThread.Start(_thread);
    }

    /// <summary>
    /// Connects the guest's end, or none. A restarted machine has a new one; what is typed meanwhile waits. When this
    /// returns, the device before is not called any more.
    /// </summary>
    public void Attach(IConsoleDevice? device)
    {
        lock (_deviceLock)
        {
            if (_device is IConsoleDevice before)
                before.RoomAvailable = null;
            if (device is not null)
                device.RoomAvailable = OnRoom;
            _device = device;
        }
        OnRoom();
    }

    /// <summary>Tells the guest's end the size of the window.</summary>
    public void Resize(ushort columns, ushort rows)
    {
        lock (_deviceLock)
            _device?.Resize(columns, rows);
    }

    /// <summary>Sends a break, after what was typed before it. Any thread.</summary>
    public void SendBreak()
    {
        Interlocked.Increment(ref _breaksAsked);
        _wake.Signal();
    }

    /// <summary>Looks again whether this process may read its terminal.</summary>
    public void Wake() => _wake.Signal();

    /// <summary>Ends the thread. What the guest has not taken is dropped.</summary>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        Attach(null);
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
        _wake.Dispose();
    }

    private void OnRoom()
    {
        _roomSignalled = true;
        _wake.Signal();
    }

    private void Loop()
    {
        while (!_stopping)
        {
            if (Wait())
                ReadInput();
            for (int breaks = Interlocked.Exchange(ref _breaksAsked, 0); breaks > 0; breaks--)
                _queue.AddBreak();
            if (_roomSignalled)
            {
                _roomSignalled = false;
                Rest();
                _deviceFull = false;
            }
            if (!_deviceFull)
                Deliver();
        }
    }

    /// <summary>Waits for input (while there is room for it), for room in the device, or for the end.</summary>
    /// <returns>Whether there is input.</returns>
    private bool Wait()
    {
        bool mayRead = !_ended && _queue.Room > 0 && (!_terminal.IsTerminal || _terminal.IsForeground);
        Linux.pollfd* fds = stackalloc Linux.pollfd[2];
        fds[0] = new() { fd = _wake.Fd.Number, events = Linux.POLLIN };
        fds[1] = new() { fd = _fd, events = Linux.POLLIN };
        if (Linux.ppoll(fds, mayRead ? 2u : 1u, null, null) < 0)
            return false;
        if (fds[0].revents != 0)
            _wake.Consume();
        return mayRead && fds[1].revents != 0;
    }

    private bool HasInput()
    {
        Linux.pollfd input = new() { fd = _fd, events = Linux.POLLIN };
        Linux.timespec now = default;
        return Linux.ppoll(&input, 1, &now, null) > 0;
    }

    private void ReadInput()
    {
        byte* buffer = stackalloc byte[ReadSize];
        nint count = Linux.read(_fd, buffer, (nuint)Math.Min(ReadSize, _queue.Room));
        if (count < 0 && (Linux.Interrupted || Linux.LastError == Errno.EAGAIN))
            return;
        if (count <= 0)
        {
            // The end of a file or pipe, or the terminal is gone. The guest runs on without input.
            _ended = true;
            return;
        }
        for (int i = 0; i < count; i++)
            Take(buffer[i]);
    }

    private void Take(byte typed)
    {
        EscapeKey key = _terminal.IsTerminal ? _parser.Next(typed) : EscapeKey.Data;
        switch (key)
        {
            case EscapeKey.Data:
                _queue.Add(typed);
                break;
            case EscapeKey.Break:
                _queue.AddBreak();
                break;
            case EscapeKey.Nothing:
            case EscapeKey.Detach:
                break;
            default:
                _command(key);
                break;
        }
    }

    private void Deliver()
    {
        if (_queue.IsEmpty)
            return;
        lock (_deviceLock)
            _deviceFull = _device is not null && !_queue.DeliverTo(_device);
        _delivered = Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// A guest that finds new input each time it comes back from an interrupt never gets to the program that reads it. So
    /// it gets about as long to rest as it took to take the last delivery.
    /// </summary>
    private void Rest()
    {
        if (!_deviceFull)
            return;
        TimeSpan rest = Stopwatch.GetElapsedTime(_delivered);
        if (rest > s_longestRest)
            rest = s_longestRest;
        Linux.timespec time = new() { tv_nsec = (long)rest.TotalNanoseconds };
        _ = Linux.ppoll(null, 0, &time, null);
    }
}
