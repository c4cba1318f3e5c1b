using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>
/// Threads that run the requests of one disk that have to wait. They start one by one as requests pile up, so a disk
/// that never waits has none.
/// </summary>
internal sealed class BlockWorkers : IDisposable
{
    /// <summary>Requests that wait for the device side by side. More threads than this cost more than they bring.</summary>
    public const int MaxThreads = 16;

    private const int StackSize = 256 << 10;

    private readonly object _gate = new();
    private readonly string _name;
    private readonly Action<BlockRequest> _execute;
    private readonly List<Thread> _threads = [];
    private BlockRequest? _head;
    private BlockRequest? _tail;
    private int _queued;
    private int _idle;
    private bool _stopping;

    /// <summary>Takes the work; starts no thread yet.</summary>
    /// <param name="name">The disk's name; threads are named after it.</param>
    /// <param name="execute">Runs one request to its completion. Does not throw.</param>
    public BlockWorkers(string name, Action<BlockRequest> execute)
    {
        _name = name;
        _execute = execute;
    }

    /// <summary>Threads started so far.</summary>
    public int ThreadCount
    {
        get
        {
            lock (_gate)
                return _threads.Count;
        }
    }

    /// <summary>Queues a request. Runs it here and now if the host refuses even one thread.</summary>
    public void Submit(BlockRequest request)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            bool served = _queued < _idle || _threads.Count == MaxThreads || StartThread() || _threads.Count > 0;
            if (served)
            {
                Enqueue(request);
                return;
            }
        }
        _execute(request);
    }

    /// <summary>Finishes what is queued, then ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
        // Nobody adds to the list once _stopping is set.
        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Enqueue(BlockRequest request)
    {
        request.Next = null;
        if (_tail is null)
            _head = request;
        else
            _tail.Next = request;
        _tail = request;
        _queued++;
        if (_idle > 0)
            Monitor.Pulse(_gate);
    }

    private bool StartThread()
    {
        Thread thread = new(Loop, StackSize) { Name = $"{_name}.w{_threads.Count + 1}", IsBackground = true };
        // Where the host has none to give, make do with those there are.
        bool started = HostThread.TryStart(thread);
        if (started)
            _threads.Add(thread);
        return started;
    }

    private void Loop()
    {
        while (Take() is { } request)
            _execute(request);
    }

    private BlockRequest? Take()
    {
        lock (_gate)
        {
            while (_head is null)
            {
                if (_stopping)
                    return null;
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }
            BlockRequest request = _head;
            _head = request.Next;
            if (_head is null)
                _tail = null;
            request.Next = null;
            _queued--;
            return request;
        }
    }
}
