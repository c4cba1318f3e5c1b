using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;
using Vmm.Host;

namespace Vmm.Network.Vhost;

/// <summary>One pair of queues in the host's kernel: /dev/vhost-net and its calls. Ring 0 receives, ring 1 transmits.</summary>
internal sealed unsafe class VhostDevice : IDisposable
{
    /// <summary>The device.</summary>
    public const string Path = "/dev/vhost-net";

    /// <summary>Rings: one to receive, one to transmit.</summary>
    public const int Rings = 2;

    /// <summary>What of a driver's features is the rings' business; the rest is the tap's and the device's.</summary>
    private static readonly ulong s_ofRings = FeatureBits.Mask(FeatureBits.VIRTIO_F_VERSION_1) | FeatureBits.Mask(FeatureBits.VIRTIO_RING_F_INDIRECT_DESC)
        | FeatureBits.Mask(FeatureBits.VIRTIO_RING_F_EVENT_IDX) | FeatureBits.Mask(NetworkDevice.VIRTIO_NET_F_MRG_RXBUF);

    private readonly SafeFd _fd;
    private readonly ulong _features;

    /// <summary>Opens it for this process, and lets it at the guest's memory.</summary>
    /// <exception cref="VmmException">This host has none, or does not allow it.</exception>
    public VhostDevice(GuestMemory memory)
    {
        int fd = Linux.open(Path, Linux.O_RDWR | Linux.O_NONBLOCK | Linux.O_CLOEXEC, 0);
        if (fd < 0)
            throw Refuse(Linux.LastError);
        _fd = new SafeFd(fd);
        try
        {
            Call(Linux.VHOST_SET_OWNER, 0, "VHOST_SET_OWNER");
            ulong features;
            Call(Linux.VHOST_GET_FEATURES, (nint)(&features), "VHOST_GET_FEATURES");
            _features = features;
            SetMemory(memory);
        }
        catch
        {
            _fd.Dispose();
            throw;
        }
    }

    /// <summary>Whether it knows everything about rings that a driver chose.</summary>
    public bool Serves(ulong features) => (features & s_ofRings & ~_features) == 0;

    /// <summary>What the driver chose. Before its rings are used.</summary>
    public void SetFeatures(ulong features)
    {
        features &= s_ofRings;
        Call(Linux.VHOST_SET_FEATURES, (nint)(&features), "VHOST_SET_FEATURES");
    }

    /// <summary>Uses a ring from now on, between the guest and a tap.</summary>
    /// <param name="ring">0 or 1.</param>
    /// <param name="queue">Where it is, and what comes next.</param>
    /// <param name="kick">Signalled for new buffers.</param>
    /// <param name="call">Signalled by it for used ones.</param>
    /// <param name="tap">The other end.</param>
    /// <returns>False when the tap has gone: it was removed.</returns>
    public bool TryStart(int ring, in LentQueue queue, EventFd kick, EventFd call, SafeFd tap)
    {
        SetState(Linux.VHOST_SET_VRING_NUM, ring, queue.Size, "VHOST_SET_VRING_NUM");
        SetState(Linux.VHOST_SET_VRING_BASE, ring, queue.Next, "VHOST_SET_VRING_BASE");
        Linux.vhost_vring_addr places = new()
        {
            index = (uint)ring,
            desc_user_addr = (ulong)queue.Descriptors,
            used_user_addr = (ulong)queue.Used,
            avail_user_addr = (ulong)queue.Avail,
        };
        Call(Linux.VHOST_SET_VRING_ADDR, (nint)(&places), "VHOST_SET_VRING_ADDR");
        SetFile(Linux.VHOST_SET_VRING_KICK, ring, kick.Fd.Number, "VHOST_SET_VRING_KICK");
        SetFile(Linux.VHOST_SET_VRING_CALL, ring, call.Fd.Number, "VHOST_SET_VRING_CALL");
        Linux.vhost_vring_file backend = new() { index = (uint)ring, fd = tap.Number };
        return Linux.ioctl(_fd.Number, Linux.VHOST_NET_SET_BACKEND, (nint)(&backend)) >= 0;
    }

    /// <summary>Uses a ring no more: what was under way has ended when this returns.</summary>
    /// <returns>What comes next in it.</returns>
    public ushort Stop(int ring)
    {
        SetFile(Linux.VHOST_NET_SET_BACKEND, ring, -1, "VHOST_NET_SET_BACKEND");
        Linux.vhost_vring_state state = new() { index = (uint)ring };
        Call(Linux.VHOST_GET_VRING_BASE, (nint)(&state), "VHOST_GET_VRING_BASE");
        return (ushort)state.num;
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static VmmException Refuse(Errno error) => new(error switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => $"vhost: this host has no {Path}; load its module ('modprobe vhost_net'), or leave vhost out",
        Errno.EACCES or Errno.EPERM => $"vhost: no permission to open {Path}; ask for access to it, or leave vhost out",
        _ => $"vhost: {new HostException($"open {Path}", error).Message}",
    });

    private void SetMemory(GuestMemory memory)
    {
        ReadOnlySpan<MemoryRegion> regions = memory.Regions;
        byte* table = stackalloc byte[sizeof(Linux.vhost_memory) + regions.Length * sizeof(Linux.vhost_memory_region)];
        *(Linux.vhost_memory*)table = new Linux.vhost_memory { nregions = (uint)regions.Length };
        var entries = (Linux.vhost_memory_region*)(table + sizeof(Linux.vhost_memory));
        for (int i = 0; i < regions.Length; i++)
        {
            entries[i] = new Linux.vhost_memory_region
            {
                guest_phys_addr = regions[i].Start.Value,
                memory_size = regions[i].Size,
                userspace_addr = (ulong)regions[i].HostBase,
            };
        }
        Call(Linux.VHOST_SET_MEM_TABLE, (nint)table, "VHOST_SET_MEM_TABLE");
    }

    private void SetState(uint request, int ring, uint number, string name)
    {
        Linux.vhost_vring_state state = new() { index = (uint)ring, num = number };
        Call(request, (nint)(&state), name);
    }

    private void SetFile(uint request, int ring, int fd, string name)
    {
        Linux.vhost_vring_file file = new() { index = (uint)ring, fd = fd };
        Call(request, (nint)(&file), name);
    }

    private void Call(uint request, nint argument, string name)
    {
        if (Linux.ioctl(_fd.Number, request, argument) < 0)
            throw HostException.Last("ioctl " + name);
    }
}
