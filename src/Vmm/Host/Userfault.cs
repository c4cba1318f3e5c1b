namespace Vmm.Host;

/// <summary>
/// A userfaultfd: faults in a range of this process's memory are told to whoever reads from it, and wait until the pages are
/// placed, or may be written. Faults of the kernel too (KVM's, and those of reads into guest memory): that takes a privilege.
/// </summary>
/// <remarks>
/// A managed thread must not wait for such a fault, but in a system call: the garbage collector would wait for it, and stop the
/// thread that serves it. Therefore memory is made present in a system call before it is looked at
/// (<see cref="Vmm.Guest.Memory.IPageAwaiter"/>).
/// </remarks>
internal sealed unsafe class Userfault : IDisposable
{
    /// <summary>Where the kernel (since 6.1) offers it to whom the file's mode allows it.</summary>
    public const string DevicePath = "/dev/userfaultfd";

    private readonly SafeFd _fd;

    private Userfault(SafeFd fd) => _fd = fd;

    /// <summary>Readable when a fault waits.</summary>
    public SafeFd Fd => _fd;

    /// <summary>Opens one.</summary>
    /// <param name="purpose">What for, such as <c>a live snapshot</c>.</param>
    /// <param name="features">UFFD_FEATURE_ bits that are needed.</param>
    /// <exception cref="VmmException">The host forbids it or lacks a feature; the message says what helps.</exception>
    public static Userfault Open(string purpose, ulong features)
    {
        SafeFd fd = OpenDescriptor(purpose);
        Linux.uffdio_api api = new() { api = Linux.UFFD_API, features = features };
        if (Linux.ioctl(fd.Number, Linux.UFFDIO_API, (nint)(&api)) >= 0)
            return new Userfault(fd);
        Errno errno = Linux.LastError;
        fd.Dispose();
        throw new VmmException($"{purpose}: this host's kernel cannot do it (userfaultfd without features 0x{features:x}: {errno}): use Linux 5.19 or newer");
    }

    /// <summary>Has faults in a range told.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="mode">UFFDIO_REGISTER_MODE_ bits.</param>
    /// <returns>A bit for each _UFFDIO_ call that works there.</returns>
    public ulong Register(nint start, ulong length, ulong mode)
    {
        Linux.uffdio_register argument = new() { range = Range(start, length), mode = mode };
        return Linux.ioctl(_fd.Number, Linux.UFFDIO_REGISTER, (nint)(&argument)) >= 0 ? argument.ioctls : throw HostException.Last("ioctl UFFDIO_REGISTER");
    }

    /// <summary>Lets faults be as they are elsewhere, and those that wait go on.</summary>
    public void Unregister(nint start, ulong length)
    {
        Linux.uffdio_range argument = Range(start, length);
        if (Linux.ioctl(_fd.Number, Linux.UFFDIO_UNREGISTER, (nint)(&argument)) < 0)
            throw HostException.Last("ioctl UFFDIO_UNREGISTER");
    }

    /// <summary>Has whoever waits for a page try again.</summary>
    public void Wake(nint start, ulong length)
    {
        Linux.uffdio_range argument = Range(start, length);
        if (Linux.ioctl(_fd.Number, Linux.UFFDIO_WAKE, (nint)(&argument)) < 0)
            throw HostException.Last("ioctl UFFDIO_WAKE");
    }

    /// <summary>Places pages that are not there yet, and wakes who waits for them. Those that are there stay as they are.</summary>
    /// <param name="start">Where.</param>
    /// <param name="source">Their content; null for zeros.</param>
    /// <param name="length">Whole pages.</param>
    /// <param name="pageSize">Their size.</param>
    /// <returns>Bytes that were placed now.</returns>
    public ulong Place(nint start, void* source, ulong length, ulong pageSize)
    {
        ulong placed = 0;
        for (ulong done = 0; done < length;)
        {
            Errno errno = PlaceSome(start + (nint)done, source is null ? null : (byte*)source + done, length - done, out ulong some);
            placed += some;
            done += some;
            // Something else is being done to the process's mappings, which does not take long; or a page is there already.
            if (errno == Errno.EEXIST)
                done += pageSize;
            else if (errno is not (Errno.None or Errno.EAGAIN))
                throw new HostException(source is null ? "ioctl UFFDIO_ZEROPAGE" : "ioctl UFFDIO_COPY", errno);
        }
        return placed;
    }

    /// <summary>Has writes to a range fault, or lets them through and wakes who waits for that.</summary>
    public void Protect(nint start, ulong length, bool on)
    {
        Linux.uffdio_writeprotect argument = new() { range = Range(start, length), mode = on ? Linux.UFFDIO_WRITEPROTECT_MODE_WP : 0 };
        while (Linux.ioctl(_fd.Number, Linux.UFFDIO_WRITEPROTECT, (nint)(&argument)) < 0)
        {
            if (Linux.LastError != Errno.EAGAIN)
                throw HostException.Last("ioctl UFFDIO_WRITEPROTECT");
        }
    }

    /// <summary>Takes faults that wait to be served.</summary>
    /// <param name="messages">Filled from the front.</param>
    /// <returns>How many; 0 when there are none for now.</returns>
    public int Read(Span<Linux.uffd_msg> messages)
    {
        fixed (Linux.uffd_msg* start = messages)
        {
            nint count = Linux.read(_fd.Number, start, (nuint)(messages.Length * sizeof(Linux.uffd_msg)));
            if (count >= 0)
                return (int)count / sizeof(Linux.uffd_msg);
            return Linux.LastError is Errno.EAGAIN or Errno.EINTR ? 0 : throw HostException.Last("read from userfaultfd");
        }
    }

    /// <summary>Whoever waits still goes on, and finds zeros where nothing was placed.</summary>
    public void Dispose() => _fd.Dispose();

    private Errno PlaceSome(nint start, void* source, ulong length, out ulong placed)
    {
        long result;
        bool failed;
        if (source is null)
        {
            Linux.uffdio_zeropage argument = new() { range = Range(start, length) };
            failed = Linux.ioctl(_fd.Number, Linux.UFFDIO_ZEROPAGE, (nint)(&argument)) < 0;
            result = argument.zeropage;
        }
        else
        {
            Linux.uffdio_copy argument = new() { dst = (ulong)start, src = (ulong)source, len = length };
            failed = Linux.ioctl(_fd.Number, Linux.UFFDIO_COPY, (nint)(&argument)) < 0;
            result = argument.copy;
        }
        // What was placed before a page that could not be is told with EAGAIN.
        placed = result > 0 ? (ulong)result : 0;
        return failed ? Linux.LastError : Errno.None;
    }

    private static Linux.uffdio_range Range(nint start, ulong length) => new() { start = (ulong)start, len = length };

    private static SafeFd OpenDescriptor(string purpose)
    {
        const int flags = Linux.O_CLOEXEC | Linux.O_NONBLOCK;
        int device = Linux.open(DevicePath, Linux.O_RDWR | Linux.O_CLOEXEC, 0);
        int number = -1;
        if (device >= 0)
        {
            using SafeFd opened = new(device);
            number = Linux.ioctl(device, Linux.USERFAULTFD_IOC_NEW, flags);
        }
        if (number < 0)
            number = (int)Linux.syscall(Linux.SYS_userfaultfd, flags, 0, 0, 0);
        if (number >= 0)
            return new SafeFd(number);
        Errno errno = Linux.LastError;
        throw new VmmException(errno switch
        {
            Errno.EPERM or Errno.EACCES =>
                $"{purpose}: page faults of KVM may not be served by this user: allow it (sudo setfacl -m u:$USER:rw {DevicePath}, or sudo sysctl vm.unprivileged_userfaultfd=1)",
            Errno.ENOSYS => $"{purpose}: this host's kernel has no userfaultfd: use one with CONFIG_USERFAULTFD",
            _ => $"{purpose}: userfaultfd cannot be had ({errno})",
        });
    }
}
