using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Vsock;

/// <summary>A program's end of a connection: a Unix socket that never waits. Used on the event thread with the device's lock held.</summary>
/// <param name="host">Where it is registered.</param>
/// <param name="fd">The socket.</param>
/// <param name="key">Its number there.</param>
internal sealed unsafe class VsockSocket(VsockHost host, SafeFd fd, ulong key) : IVsockStream
{
    /// <summary>Below this, the kernel's own size would be more than twice as much.</summary>
    private const int SmallWindow = 104 << 10;

    private bool _closed;

    /// <summary>Its number among the host's sockets.</summary>
    public ulong Key => key;

    /// <summary>The socket.</summary>
    public SafeFd Fd => fd;

    /// <inheritdoc/>
    public IVsockStreamOwner? Owner { get; set; }

    /// <inheritdoc/>
    /// <remarks>The kernel takes twice what it is told, for what it spends beside the bytes; its default (net.core.wmem_default) is 208 KiB.</remarks>
    public void Bound(uint window)
    {
        int size = (int)window;
        if (size < SmallWindow)
            _ = Linux.setsockopt(fd.Number, Linux.SOL_SOCKET, Linux.SO_SNDBUF, &size, sizeof(int));
    }

    /// <inheritdoc/>
    public VsockIo Read(ReadOnlySpan<HostSegment> into, out int count)
    {
        nint result;
        do
        {
            fixed (HostSegment* segments = into)
                result = Linux.readv(fd.Number, segments, into.Length);
        }
        while (result < 0 && Linux.Interrupted);
        count = (int)Math.Max(result, 0);
        return result > 0 ? VsockIo.Ok : result == 0 ? VsockIo.End : Refusal();
    }

    /// <inheritdoc/>
    public VsockIo Write(ReadOnlySpan<HostSegment> from, out int count)
    {
        nint result;
        do
        {
            // SIGPIPE is ignored by the runtime.
            fixed (HostSegment* segments = from)
                result = Linux.writev(fd.Number, segments, from.Length);
        }
        while (result < 0 && Linux.Interrupted);
        count = (int)Math.Max(result, 0);
        return result > 0 ? VsockIo.Ok : Refusal();
    }

    /// <inheritdoc/>
    public void Accepted(uint hostPort)
    {
        byte* answer = stackalloc byte[VsockGreeting.LongestLine];
        int length = VsockGreeting.WriteAnswer(hostPort, new Span<byte>(answer, VsockGreeting.LongestLine));
        // The first bytes on this socket: there is room. A program that is gone shows by a hang-up.
        _ = Linux.send(fd.Number, answer, (nuint)length, Linux.MSG_NOSIGNAL);
    }

    /// <inheritdoc/>
    public void EndWriting() => _ = Linux.shutdown(fd.Number, Linux.SHUT_WR);

    /// <inheritdoc/>
    public void EndReading() => _ = Linux.shutdown(fd.Number, Linux.SHUT_RD);

    /// <inheritdoc/>
    public void Close()
    {
        if (_closed)
            return;
        _closed = true;
        Owner = null;
        host.Forget(this);
        fd.Dispose();
    }

    /// <summary>Looks for the line that says whom the program wants to talk to, and takes it off; what follows it is data.</summary>
    /// <param name="port">The guest's port.</param>
    /// <returns>Ok when it is there, WouldBlock when it is not all there, End when it never will be.</returns>
    public VsockIo TryGreet(out uint port)
    {
        byte* bytes = stackalloc byte[VsockGreeting.LongestLine];
        port = 0;
        nint count = Linux.recv(fd.Number, bytes, VsockGreeting.LongestLine, Linux.MSG_PEEK);
        if (count <= 0)
            return count < 0 && Linux.LastError == Errno.EAGAIN ? VsockIo.WouldBlock : VsockIo.End;
        if (!VsockGreeting.TryRead(new ReadOnlySpan<byte>(bytes, (int)count), out int length, out port))
            return VsockIo.End;
        if (length == 0)
            return VsockIo.WouldBlock;
        _ = Linux.recv(fd.Number, bytes, (nuint)length, 0);
        return VsockIo.Ok;
    }

    private static VsockIo Refusal() => Linux.LastError switch
    {
        Errno.EAGAIN or Errno.ENOMEM => VsockIo.WouldBlock,
        Errno.EPIPE => VsockIo.End,
        _ => VsockIo.Broken,
    };
}
