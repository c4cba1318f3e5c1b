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
    private readonly string _path;
    private readonly Thread _thread;
    private bool _started;

    /// <summary>Prepares it.</summary>
    public ConsoleLog(ConsoleHub hub, string path)
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
                file = Roll(file);
                if (lost > 0)
                    file.Write(Encoding.UTF8.GetBytes($"\n[vmm: {lost} bytes were missed]\n"));
                file.Write(buffer.AsSpan(0, count));
                file.Flush();
            }
            catch (Exception full) when (full is IOException or UnauthorizedAccessException)
            {
                // A full disk loses the log, never the guest.
            }
            if (count < Piece && !_hub.HasEnded)
                Thread.Sleep(s_gather);
        }
        file?.Dispose();
    }

    private FileStream Roll(FileStream? file)
    {
        if (file is { Length: < LargestFile })
            return file;
        bool full = file is not null;
        file?.Dispose();
        if (full && File.Exists(_path))
            File.Move(_path, _path + ".1", overwrite: true);
        return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }
}
