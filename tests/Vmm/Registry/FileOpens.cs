using System.Runtime.InteropServices;
using Mono.Unix.Native;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Registry;

/// <summary>Tells when a file is opened, by whomever (inotify).</summary>
internal sealed unsafe partial class FileOpens : IDisposable
{
    private const uint IN_OPEN = 0x20;
    private const int RecordBytes = 16;

    private readonly SafeFd _watch = new(inotify_init1(Linux.O_CLOEXEC));

    /// <summary>Watches a file from now on.</summary>
    public FileOpens(string path) => Assert.True(inotify_add_watch(_watch.Number, path, IN_OPEN) >= 0);

    /// <summary>Waits until the file was opened, at least once for each call: the kernel tells of several that nobody has waited for as of one.</summary>
    public void Await(TimeSpan patience)
    {
        Pollfd[] ready = [new() { fd = _watch.Number, events = PollEvents.POLLIN }];
        Assert.True(Syscall.poll(ready, (int)patience.TotalMilliseconds) > 0, "nobody opened the file");
        byte* records = stackalloc byte[RecordBytes];
        Assert.Equal(RecordBytes, Linux.read(_watch.Number, records, RecordBytes));
    }

    public void Dispose() => _watch.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int descriptor, string path, uint mask);
}
