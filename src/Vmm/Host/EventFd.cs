namespace Vmm.Host;

/// <summary>An eventfd: a counter in the kernel that one side adds to and the other waits for.</summary>
internal sealed unsafe class EventFd : IDisposable
{
    private readonly SafeFd _fd = SafeFd.Own(Linux.eventfd(0, Linux.EFD_NONBLOCK | Linux.EFD_CLOEXEC), "eventfd");

    /// <summary>The descriptor, for epoll, ioeventfd and irqfd.</summary>
    public SafeFd Fd => _fd;

    /// <summary>Adds one. Never blocks: a counter that is full is signalled already.</summary>
    public void Signal()
    {
        ulong one = 1;
        _ = Linux.write(_fd.Number, &one, sizeof(ulong));
    }

    /// <summary>Takes the count, which may be 0 when another reader was quicker.</summary>
    public ulong Consume()
    {
        ulong count = 0;
        return Linux.read(_fd.Number, &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();
}
