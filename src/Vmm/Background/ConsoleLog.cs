using System.Diagnostics.CodeAnalysis;
using System.Text;
using Vmm.Consoles;
using Vmm.Host;

namespace Vmm.Background;

/// <summary>
/// Keeps what a guest prints in a file, on a thread of its own. The file is bounded: when it is full it becomes
/// <c>console.log.1</c>, and the one of that name before it goes.
/// </summary>
internal sealed class ConsoleLog : IDisposable
{
    /// <summary>When a new file is begun.</summary>
    public const int LargestFile = 4 << 20;

    private const int StackSize = 256 << 10;
    private const int Piece = 16 << 10;

    /// <summary>Bytes gather for so long before they are written.</summary>
    private static readonly TimeSpan s_gather = TimeSpan.FromMilliseconds(2);

    private readonly ConsoleHub _hub;
    private readonly Func<string> _path;
    private readonly Thread _thread;
    private bool _started;

    /// <summary>Prepares it.</summary>
    /// <param name="hub">What the guest prints.</param>
    /// <param name="path">The file, asked for whenever one is opened: a VM that is renamed moves.</param>
    public ConsoleLog(ConsoleHub hub, Func<string> path)
    {
        _hub = hub;
        _path = path;
        _thread = new Thread(Write, StackSize) { Name = "console-log", IsBackground = true };
    }

    /// <summary>Begins to write, from the first byte on.</summary>
    public void Start() => _started = HostThread.TryStart(_thread);

    /// <summary>Writes out what is left. The guest's run must be over.</summary>
    public void Dispose()
    {
        _hub.EndOutput();
        if (_started)
            _thread.Join();
    }

    private void Write()
    {
        byte[] buffer = new byte[Piece];
        long position = 0;
        FileStream? file = null;
        while (true)
        {
            int count = _hub.Read(ref position, buffer, Timeout.InfiniteTimeSpan, out long lost);
            if (count == 0 && _hub.HasEnded)
                break;
            try
            {
                Roll(ref file);
                if (lost > 0)
                    file.Write(Encoding.UTF8.GetBytes($"\n[vmm: {lost} bytes were missed]\n"));
                file.Write(buffer.AsSpan(0, count));
                file.Flush();
            }
            catch (Exception full) when (full is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
            {
                // A full disk, or a limit on files (EFBIG, which the runtime tells by the last of these), loses the log, never the guest.
            }
            if (count < Piece && !_hub.HasEnded)
                Thread.Sleep(s_gather);
        }
        file?.Dispose();
    }

    private void Roll([NotNull] ref FileStream? file)
    {
        if (file is { Length: < LargestFile })
            return;
        bool full = file is not null;
        file?.Dispose();
        // Forgotten before anything can fail: the next piece tries again.
        file = null;
        string path = _path();
        if (full && File.Exists(path))
            File.Move(path, path + ".1", overwrite: true);
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
