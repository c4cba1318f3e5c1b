using System.IO.Pipes;
using System.Runtime.InteropServices;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>The machine code that this program brings itself.</summary>
public sealed unsafe class HostCodeTests
{
    private const nuint FIONREAD = 0x541B;

    [Fact]
    public void Ioctl_answers_as_libcs_does()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        pipe.Write([1, 2, 3]);
        int waiting = 0;
        Assert.Equal(0, Ioctl((int)pipe.ClientSafePipeHandle.DangerousGetHandle(), FIONREAD, (nint)(&waiting)));
        Assert.Equal(3, waiting);
    }

    [Fact]
    public void Ioctl_that_fails_tells_why_and_leaves_errno_alone()
    {
        _ = Ioctl(-1, FIONREAD, 0); // the first use puts the code in its place, by libc's calls, which do touch errno
        Marshal.SetLastSystemError((int)Errno.EBUSY);
        nint result = Ioctl(-1, FIONREAD, 0);
        int errno = Marshal.GetLastSystemError();
        Assert.Equal(-(nint)Errno.EBADF, result);
        Assert.Equal((int)Errno.EBUSY, errno);
    }

    [Fact]
    public void Counter_goes_on()
    {
        Assert.SkipUnless(HostCode.ReadTsc != null, "this host lets no process make code of its own");
        ulong before = HostCode.ReadTsc();
        Assert.InRange(HostCode.ReadTsc(), before + 1, ulong.MaxValue);
    }

    private static nint Ioctl(int descriptor, nuint request, nint argument)
    {
        Assert.SkipUnless(HostCode.Ioctl != null, "this host lets no process make code of its own");
        return HostCode.Ioctl(descriptor, request, argument);
    }
}
