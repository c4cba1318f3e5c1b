using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

[Collection(AloneCollection.Name)]
public sealed class DeferredCloseTests
{
    /// <summary>A guest that resets for ever would else make machines faster than the kernel lets them go.</summary>
    [Fact]
    public void Close_that_follows_soon_after_another_is_done_when_it_returns()
    {
        string path = Path.GetTempFileName();
        DeferredClose.Close(Open(path));
        for (int i = 0; i < 20; i++)
        {
            SafeFd fd = Open(path);
            Assert.True(TryLock(fd));
            DeferredClose.Close(fd);
            using SafeFd next = Open(path);
            Assert.True(TryLock(next), $"after close {i} the file is still open: its lock is held");
        }
        File.Delete(path);
    }

    private static SafeFd Open(string path) => SafeFd.Own(Linux.open(path, Linux.O_RDWR | Linux.O_CLOEXEC, 0), "open");

    private static unsafe bool TryLock(SafeFd fd)
    {
        Linux.flock whole = new() { l_type = Linux.F_WRLCK };
        return Linux.fcntl(fd.Number, Linux.F_OFD_SETLK, (nint)(&whole)) == 0;
    }
}
