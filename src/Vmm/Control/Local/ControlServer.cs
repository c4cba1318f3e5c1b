using Vmm.Host;

namespace Vmm.Control.Local;

/// <summary>
/// Answers other <c>vmm</c> processes over a Unix socket that only the VM's owner can open: one thread that accepts, and
/// one for each connection. Costs nothing while nobody asks, which is why background VMs do not need the API.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    /// <summary>Consoles and waiting commands; far more than a person has.</summary>
    private const int MostConnections = 32;

    private const int StackSize = 256 << 10;
    private const int LookEveryMilliseconds = 5;

    /// <summary>A request is one line: who has begun it and not sent the rest by then never will.</summary>
    private static readonly TimeSpan s_requestLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long a client may do something else first, such as have the guest's file systems frozen, which takes a while on a busy host.</summary>
    private static readonly TimeSpan s_idleLimit = TimeSpan.FromMinutes(2);

    /// <summary>How long consoles get, at the end, to take the guest's last words, and commands to be answered.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(3);

    private readonly SafeFd _listener;
    private readonly ControlHandler _handler;
    private readonly TimeSpan _requestLimit;
    private readonly Thread _thread;
    private readonly object _lock = new();
    private readonly HashSet<ControlStream> _open = [];
    private bool _stopping;

    /// <summary>Begins to listen and to answer.</summary>
    /// <param name="path">Where; a stale socket there is replaced.</param>
    /// <param name="handler">What answers.</param>
    /// <param name="requestLimit">How long a request that was begun may be silent, if not 5 s.</param>
    /// <exception cref="VmmException">The socket cannot be made.</exception>
    public ControlServer(string path, ControlHandler handler, TimeSpan? requestLimit = null)
    {
        _handler = handler;
        _requestLimit = requestLimit ?? s_requestLimit;
        _listener = UnixSocket.Listen(path);
        _thread = new Thread(Accept, StackSize) { Name = "control", IsBackground = true };
        try
        {
            HostThread.Start(_thread);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }
    }

    /// <summary>What this process will exit with, for those who wait for its end; null until that is known.</summary>
    public int? ExitCode { get; set; }

    /// <summary>Ends every connection and the thread. The socket's file is the folder's to remove.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            long deadline = Environment.TickCount64 + (long)s_lastWords.TotalMilliseconds;
            while (_open.Any(stream => stream.HasLastWords || stream.IsAnswering) && deadline - Environment.TickCount64 is long left and > 0)
                Monitor.Wait(_lock, (int)Math.Min(left, LookEveryMilliseconds));
            _stopping = true;
            foreach (ControlStream stream in _open)
            {
                if (stream.IsPatient && ExitCode is { } code)
                    stream.TrySend(new ControlReply { ExitCode = code }, ControlJson.Default.ControlReply);
                _ = Linux.shutdown(stream.Socket.Number, Linux.SHUT_RDWR);
            }
        }
        _ = Linux.shutdown(_listener.Number, Linux.SHUT_RDWR);
        _thread.Join();
        _listener.Dispose();
    }

    private unsafe void Accept()
    {
        while (true)
        {
            int fd = Linux.accept4(_listener.Number, null, null, Linux.SOCK_CLOEXEC);
            if (fd < 0)
            {
                if (Volatile.Read(ref _stopping))
                    return;
                // No descriptor left, for now: the caller waits in the backlog.
                if (!Linux.Interrupted)
                    Thread.Sleep(10);
                continue;
            }
            Serve(new ControlStream(new SafeFd(fd)));
        }
    }

    private void Serve(ControlStream stream)
    {
        lock (_lock)
        {
            if (_stopping || _open.Count >= MostConnections)
            {
                stream.Dispose();
                return;
            }
            _open.Add(stream);
        }
        Thread thread = new(() => Talk(stream), StackSize) { Name = "control-client", IsBackground = true };
        if (!HostThread.TryStart(thread))
            Close(stream);
    }

    private void Talk(ControlStream stream)
    {
        try
        {
            UnixSocket.SetTimeouts(stream.Socket, _requestLimit);
            while ((stream.IsPatient || stream.WaitForMore(s_idleLimit)) && stream.Receive(ControlJson.Default.ControlRequest) is { } request)
            {
                if (!_handler.Answer(request, stream))
                    return;
            }
        }
        catch (FormatException wrong)
        {
            stream.TrySend(new ControlReply { Error = wrong.Message, ExitCode = ExitCodes.Usage }, ControlJson.Default.ControlReply);
        }
        finally
        {
            Close(stream);
        }
    }

    private void Close(ControlStream stream)
    {
        lock (_lock)
        {
            _open.Remove(stream);
            stream.Dispose();
            Monitor.PulseAll(_lock);
        }
    }
}
