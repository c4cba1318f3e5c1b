using Microsoft.Extensions.Logging;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>The host's journal. One that is started anew is found again with the next message.</summary>
internal sealed unsafe class JournalSink : ILogSink
{
    /// <summary>Where systemd-journald listens.</summary>
    public const string DefaultSocket = "/run/systemd/journal/socket";

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private SafeFd? _fd;

    /// <summary>Connects.</summary>
    /// <param name="path">The journal's socket; null for the usual one.</param>
    /// <param name="level">The least serious messages to take.</param>
    /// <exception cref="VmmException">There is no journal.</exception>
    public JournalSink(string? path, LogLevel level)
    {
        _path = path ?? DefaultSocket;
        Level = level;
        _fd = Connect() ?? throw new VmmException(
            $"there is no journal at '{Printable.Escape(_path)}': start systemd-journald, or log to a file (--log file=PATH)");
    }

    /// <inheritdoc/>
    public LogLevel Level { get; }

    /// <inheritdoc/>
    public bool Write(LogEntry entry)
    {
        byte[] record = JournalRecord.Of(entry);
        if (_fd is not null && Send(record))
            return true;
        if (_fd is not null && Linux.LastError == Errno.EAGAIN)
            return false;
        _fd?.Dispose();
        _fd = Connect();
        return _fd is not null && Send(record);
    }

    /// <inheritdoc/>
    public void Dispose() => _fd?.Dispose();

    private SafeFd? Connect()
    {
        try
        {
            return UnixSocket.TryConnect(_path, s_patience, Linux.SOCK_DGRAM);
        }
        catch (Exception absent) when (absent is VmmException or HostException)
        {
            return null;
        }
    }

    private bool Send(byte[] record)
    {
        fixed (byte* start = record)
        {
            nint sent;
            do
            {
                sent = Linux.send(_fd!.Number, start, (nuint)record.Length, Linux.MSG_NOSIGNAL);
            }
            while (sent < 0 && Linux.Interrupted);
            return sent == record.Length;
        }
    }
}
