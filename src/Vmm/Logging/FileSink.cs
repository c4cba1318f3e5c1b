using Microsoft.Extensions.Logging;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>
/// Lines at the end of a file. Several processes may share one, and <c>logrotate</c>'s copytruncate works: each line is
/// written where the end is then. With a size, the file is renamed to <c>PATH.1</c> when it is full.
/// </summary>
internal sealed class FileSink : ILogSink
{
    /// <summary>What a full file's name is lengthened by.</summary>
    public const string FullSuffix = ".1";

    /// <summary>rw-------: what a guest does is its owner's business.</summary>
    private const uint OwnerOnly = 0b110_000_000;

    // O_NONBLOCK: a FIFO that nobody reads is an error now, not a wait without end.
    private const int Flags = Linux.O_WRONLY | Linux.O_APPEND | Linux.O_CREAT | Linux.O_NOCTTY | Linux.O_NONBLOCK | Linux.O_CLOEXEC;

    private readonly string _path;
    private readonly Func<LogEntry, byte[]> _form;
    private readonly long _limit;
    private SafeFd _fd;
    private DescriptorSink _sink;
    private long _length;

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="level">The least serious messages to take.</param>
    /// <param name="form">What a line looks like.</param>
    /// <param name="size">When to rename it; null for never.</param>
    /// <exception cref="VmmException">It cannot be written.</exception>
    public FileSink(string path, LogLevel level, Func<LogEntry, byte[]> form, ByteSize? size = null)
    {
        _path = Path.GetFullPath(path);
        Level = level;
        _form = form;
        _limit = size is ByteSize limit ? (long)Math.Min(limit.Bytes, long.MaxValue) : long.MaxValue;
        int fd = Linux.open(_path, Flags, OwnerOnly);
        if (fd < 0)
            throw new VmmException($"cannot open the log '{Printable.Escape(path)}': {FileFault.WhyNotWritten(Linux.LastError)}");
        _fd = new(fd);
        _sink = new(fd, level, form);
        _length = Length();
    }

    /// <inheritdoc/>
    public LogLevel Level { get; }

    /// <inheritdoc/>
    public bool Write(LogEntry entry)
    {
        byte[] line = _form(entry);
        if (_length > _limit - line.Length && _length > 0)
            Rotate();
        if (!_sink.Write(line))
            return false;
        _length += line.Length;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    /// <summary>Begins a new file. Where that is refused the old one goes on growing: a long log is better than none.</summary>
    private void Rotate()
    {
        _length = Length();
        // Truncated by somebody meanwhile, or no file that could be renamed.
        if (_length < _limit / 2)
            return;
        try
        {
            File.Move(_path, _path + FullSuffix, overwrite: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            _length = 0;
            return;
        }
        int fd = Linux.open(_path, Flags, OwnerOnly);
        if (fd < 0)
            return;
        _fd.Dispose();
        _fd = new(fd);
        _sink = new(fd, Level, _form);
        _length = 0;
    }

    private long Length()
    {
        FileInfo file = new(_path);
        return file.Exists && (file.Attributes & FileAttributes.Device) == 0 ? file.Length : 0;
    }
}
