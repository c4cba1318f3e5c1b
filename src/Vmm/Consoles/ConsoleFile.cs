using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Consoles;

/// <summary>A file that a console is written to. It is one machine's while that runs: two would write over each other.</summary>
internal sealed class ConsoleFile : IDisposable
{
    /// <summary>rw-r--r--, before the umask.</summary>
    private const uint Mode = 0b110_100_100;

    // Without O_TRUNC: a run that cannot start leaves what the one before it printed. O_APPEND: of two machines that have
    // it for a moment, while a guest moves within its host, neither writes over what the other wrote.
    private const int Flags = Linux.O_WRONLY | Linux.O_CREAT | Linux.O_APPEND | Linux.O_NONBLOCK | Linux.O_NOCTTY | Linux.O_CLOEXEC;

    private readonly string _option;
    private readonly string _path;
    private readonly SafeFd _file;

    /// <summary>Opens it, and leaves it as it is.</summary>
    /// <param name="option">Which console, as its option is called.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="VmmException">It cannot be written.</exception>
    public ConsoleFile(string option, string path)
    {
        (_option, _path) = (option, path);
        int fd = Linux.open(path, Flags, Mode);
        if (fd < 0)
            throw Unwritable();
        _file = new(fd);
        Sink = new OutputSink(_file, "console-file");
    }

    /// <summary>Writes to it, and closes it in the end.</summary>
    public OutputSink Sink { get; }

    /// <summary>Takes it for a machine whose guest runs next; that of a guest which begins is emptied.</summary>
    /// <param name="start">How the guest comes to run.</param>
    /// <exception cref="VmmException">It has become somebody's disk or another machine's console, or cannot be emptied.</exception>
    public void Take(GuestStart start)
    {
        // On the same host the source may have it until it ends; what cannot be locked at all is not worth refusing a machine for.
        ImageLock.TryTakeForConsole(_file);
        HostFiles.RefuseLocked(_option, _path, _file, mayBeConsole: start == GuestStart.Arrives);
        // EINVAL: a FIFO or a device, which has nothing to be emptied of.
        if (start == GuestStart.Begins && Linux.ftruncate(_file.Number, 0) < 0 && Linux.LastError != Errno.EINVAL)
            throw Unwritable();
    }

    /// <summary>Writes out what came, and closes it.</summary>
    public void Dispose() => Sink.Dispose();

    private VmmException Unwritable() => new($"--{_option}: cannot write '{Printable.Escape(_path)}': {FileFault.WhyNotWritten(Linux.LastError)}");
}
