using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

/// <summary>Descriptors that come from another process.</summary>
[Collection(AloneCollection.Name)]
public sealed unsafe class PassedDescriptorTests
{
    [Fact]
    public void One_that_is_sent_is_another_for_the_same_file()
    {
        (SafeFd near, SafeFd far) = Pair();
        using (near)
        using (far)
        using (SafeFd file = Pipe(out SafeFd writer))
        using (writer)
        {
            Assert.Equal(3, PassedDescriptor.Send(near.Number, "abc"u8, writer));
            byte[] bytes = new byte[10];
            Assert.Equal(3, PassedDescriptor.Receive(far.Number, bytes, out SafeFd? passed));
            using (passed)
            {
                Assert.NotEqual(writer.Number, passed!.Number);
                Write(passed, 7);
                Assert.Equal(7, Read(file));
            }
        }
    }

    [Theory]
    [Trait("Row", "75")]
    [InlineData(2)]
    [InlineData(20)]
    public void Of_several_one_is_taken_and_the_others_are_not_this_processs(int count)
    {
        (SafeFd near, SafeFd far) = Pair();
        using (near)
        using (far)
        using (SafeFd reader = Pipe(out SafeFd writer))
        {
            SendSeveral(near, writer, count);
            Assert.Equal(1, PassedDescriptor.Receive(far.Number, new byte[1], out SafeFd? passed));
            Assert.NotNull(passed);
            passed.Dispose();
            writer.Dispose();
            // The end is there when nobody has the other one any more.
            Linux.pollfd end = new() { fd = reader.Number };
            Linux.timespec now = default;
            Assert.Equal(1, Linux.ppoll(&end, 1, &now, null));
        }
    }

    private static void SendSeveral(SafeFd socket, SafeFd passed, int count)
    {
        int length = sizeof(Linux.cmsghdr) + count * sizeof(int);
        byte* control = stackalloc byte[length + sizeof(long)];
        *(Linux.cmsghdr*)control = new() { cmsg_len = (nuint)length, cmsg_level = Linux.SOL_SOCKET, cmsg_type = Linux.SCM_RIGHTS };
        new Span<int>(control + sizeof(Linux.cmsghdr), count).Fill(passed.Number);
        byte one = 1;
        nint* segment = stackalloc nint[] { (nint)(&one), 1 };
        Linux.msghdr message = new() { msg_iov = segment, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)length };
        Assert.Equal(1, Linux.sendmsg(socket.Number, &message, Linux.MSG_NOSIGNAL));
    }

    private static (SafeFd, SafeFd) Pair()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Linux.socketpair(Linux.AF_UNIX, Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, 0, ends));
        return (new SafeFd(ends[0]), new SafeFd(ends[1]));
    }

    /// <summary>Two ends of which one notices when nobody has the other any more.</summary>
    private static SafeFd Pipe(out SafeFd writer)
    {
        (SafeFd reader, writer) = Pair();
        return reader;
    }

    private static void Write(SafeFd fd, byte value) => Assert.Equal(1, Linux.send(fd.Number, &value, 1, Linux.MSG_NOSIGNAL));

    private static byte Read(SafeFd fd)
    {
        byte value;
        Assert.Equal(1, Linux.read(fd.Number, &value, 1));
        return value;
    }
}
