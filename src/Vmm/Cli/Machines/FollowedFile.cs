namespace Vmm.Cli.Machines;

/// <summary>A file that another process adds to, and may begin anew under the same name.</summary>
internal sealed class FollowedFile : IDisposable
{
    private const int Piece = 64 << 10;
    private const byte LineFeed = (byte)'\n';

    /// <summary>Changes are told by the kernel; this is for a file system that does not.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    private readonly string _path;
    private readonly FileSystemWatcher? _watcher;
    private readonly AutoResetEvent _changed = new(false);
    private FileStream? _file;

    /// <summary>Opens it; it may come later.</summary>
    public FollowedFile(string path)
    {
        _path = path;
        _file = Open();
        if (Path.GetDirectoryName(path) is string folder && Directory.Exists(folder))
            _watcher = Watch(folder, Path.GetFileName(path));
    }

    /// <summary>Copies what came since the last copy.</summary>
    public void CopyTo(Stream output)
    {
        _file ??= Open();
        _file?.CopyTo(output, Piece);
        if (_file is not null && BeganAnew())
        {
            _file.Dispose();
            _file = Open();
            _file?.CopyTo(output, Piece);
        }
        output.Flush();
    }

    /// <summary>Passes over all but the last lines.</summary>
    public void SkipToLastLines(int lines)
    {
        if (_file is null)
            return;
        byte[] buffer = new byte[Piece];
        long length = _file.Length;
        int left = lines;
        for (long position = length; position > 0;)
        {
            int count = (int)Math.Min(Piece, position);
            position -= count;
            _file.Position = position;
            _file.ReadExactly(buffer, 0, count);
            for (int i = count - 1; i >= 0; i--)
            {
                // A line feed at the very end closes the last line and begins none.
                if (buffer[i] != LineFeed || position + i == length - 1 || --left > 0)
                    continue;
                _file.Position = position + i + 1;
                return;
            }
        }
        _file.Position = 0;
    }

    /// <summary>Waits until the file changed, or for a moment.</summary>
    public void WaitForMore() => _changed.WaitOne(s_patience);

    /// <inheritdoc/>
    public void Dispose()
    {
        _watcher?.Dispose();
        _file?.Dispose();
        _changed.Dispose();
    }

    private FileSystemWatcher? Watch(string folder, string name)
    {
        FileSystemWatcher watcher = new(folder, name);
        try
        {
            watcher.Changed += (_, _) => _changed.Set();
            watcher.Created += (_, _) => _changed.Set();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException)
        {
            // This user watches as much as one may (fs.inotify.max_user_instances): our patience does, too.
            watcher.Dispose();
            return null;
        }
    }

    private FileStream? Open()
    {
        try
        {
            return new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new Host.VmmException($"cannot read '{_path}': {refused.Message}", cause: refused);
        }
    }

    private bool BeganAnew()
    {
        FileInfo now = new(_path);
        return now.Exists && now.Length < _file!.Position;
    }
}
