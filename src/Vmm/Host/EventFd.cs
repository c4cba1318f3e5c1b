namespace Vmm.Host;

/// <summary>
/// An eventfd: a counter in the kernel that one side adds to and the other waits for. Signalling or consuming one that
/// was disposed of does nothing: a device may be reset, or a machine taken apart, while another thread is about to.
/// </summary>
internal sealed unsafe class EventFd : IDisposable
{
    private readonly SafeFd _fd = SafeFd.Own(Linux.eventfd(0, Linux.EFD_NONBLOCK | Linux.EFD_CLOEXEC), "eventfd");

    /// <summary>The descriptor, for epoll, ioeventfd and irqfd.</summary>
    public SafeFd Fd => _fd;

    /// <summary>Adds one. Never blocks: a counter that is full is signalled already.</summary>
    public void Signal()
    {
        if (!_fd.TryHold())
            return;
        ulong one = 1;
        _ = Linux.write(_fd.Number, &one, sizeof(ulong));
        _fd.DangerousRelease();
    }

    /// <summary>Takes the count, which may be 0 when another reader was quicker.</summary>
    public ulong Consume()
    {
        if (!_fd.TryHold())
            return 0;
        ulong count = 0;
        bool taken = Linux.read(_fd.Number, &count, sizeof(ulong)) == sizeof(ulong);
        _fd.DangerousRelease();
        return taken ? count : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();
}
