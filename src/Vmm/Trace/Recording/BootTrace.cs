using Vmm.Host;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>A trace from a guest's first instruction to its last, to a file: <c>vmm run --trace</c>.</summary>
internal sealed class BootTrace : IDisposable
{
    private const int StackSize = 256 << 10;
    private static readonly TimeSpan s_rhythm = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private readonly TraceFile _file;
    private readonly ManualResetEventSlim _over = new(initialState: false, spinCount: 0);
    private TraceRecorder? _recorder;
    private Action<TraceRecorder>? _failed;
    private Thread? _thread;

    /// <summary>Opens the file.</summary>
    /// <exception cref="VmmException">It cannot be written, or something else is there.</exception>
    public BootTrace(string path)
    {
        _path = path;
        _file = TraceFile.Create(path);
    }

    /// <summary>Begins the trace.</summary>
    /// <param name="header">What it is of.</param>
    /// <param name="failed">Called on a thread of its own when it cannot be written any more.</param>
    public TraceRecorder Begin(TraceHeader header, Action<TraceRecorder> failed)
    {
        _failed = failed;
        _recorder = new TraceRecorder(new StreamSink(_file.Stream), header, new ExitFilter());
        _thread = new Thread(Mark, StackSize) { Name = "trace", IsBackground = true };
        HostThread.Start(_thread);
        return _recorder;
    }

    /// <summary>Writes the rest, when the guest's run is over.</summary>
    /// <returns>What is to be said of it; null when it never began.</returns>
    public string? Finish()
    {
        if (_recorder is null)
            return null;
        Stop();
        _file.Keep();
        _recorder.Stop("the guest's run was over");
        TraceEnd end = _recorder.Finish();
        return _recorder.IsWhole ? $"{end.Recorded} exits are in {_path} ('vmm trace show' reads it)" : $"the trace {_path} is not whole: {end.Reason}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _file.Dispose();
        _over.Dispose();
    }

    private void Stop()
    {
        _over.Set();
        _thread?.Join();
        _thread = null;
    }

    private void Mark()
    {
        while (!_over.Wait(s_rhythm))
        {
            _recorder!.Mark();
            if (_recorder.Over is null)
                continue;
            _failed!(_recorder);
            return;
        }
    }
}
