using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>The file that a trace goes to. One that is made in vain, because nothing came to be traced, is gone when this is disposed of.</summary>
internal sealed class TraceFile : IDisposable
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private bool _inVain;

    private TraceFile(FileStream stream, bool isNew) => (Stream, _inVain) = (stream, isNew);

    /// <summary>The file; empty at first.</summary>
    public FileStream Stream { get; }

    /// <summary>Creates it, or takes the place of an earlier trace. Nothing else is overwritten.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="VmmException">It cannot be written, or something else is there.</exception>
    public static TraceFile Create(string path)
    {
        try
        {
            bool isNew = !File.Exists(path);
            FileStream file = new(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, UnixCreateMode = OwnersOnly, BufferSize = 0 });
            try
            {
                if (!file.CanSeek)
                    throw new VmmException($"'{Printable.Escape(path)}' is no ordinary file: a guest would wait for whoever reads it");
                if (file.Length > 0 && !IsTrace(file))
                    throw new VmmException($"'{Printable.Escape(path)}' is there and is no trace: it is not overwritten; choose another name, or remove it");
                file.SetLength(0);
                return new TraceFile(file, isNew);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new VmmException($"the trace cannot be written to '{Printable.Escape(path)}': {FileFault.Why(failed, path)}", cause: failed);
        }
    }

    /// <summary>There is something in it that is wanted.</summary>
    public void Keep() => _inVain = false;

    /// <summary>How the trace in it ends, as it was written; null when it was cut off.</summary>
    /// <exception cref="TraceException">It is no trace.</exception>
    public TraceEnd? ReadEnd()
    {
        Stream.Position = 0;
        return new TraceReader(Stream).SkipToEnd();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        if (_inVain)
            File.Delete(Stream.Name);
    }

    /// <summary>Opens one for reading.</summary>
    /// <exception cref="VmmException">It cannot be opened.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"the trace '{Printable.Escape(path)}' cannot be read: {FileFault.Why(failed, path)}", cause: failed);
        }
    }

    private static bool IsTrace(FileStream file)
    {
        Span<byte> start = stackalloc byte[TraceFormat.Magic.Length];
        bool trace = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && System.Text.Encoding.ASCII.GetString(start) == TraceFormat.Magic;
        file.Position = 0;
        return trace;
    }
}
