using Vmm.Storage;

namespace Vmm.Machine.Config;

/// <summary>One virtio disk over a raw file or block device. The format is never guessed from the content.</summary>
internal sealed record DiskConfig
{
    /// <summary>
    /// One queue a vCPU, up to this many, when nothing else is asked for: a guest of Linux keeps 100 KiB and more a queue, and
    /// one thread serves them all here.
    /// </summary>
    public const int UsualQueues = 4;

    /// <summary>The file or block device.</summary>
    public required string Path { get; set; }

    /// <summary>The guest cannot write to it.</summary>
    public bool Readonly { get; set; }

    /// <summary>Opened with O_DIRECT: past the host's page cache.</summary>
    public bool Direct { get; set; }

    /// <summary>What the guest reads as the disk's serial. Resolved: never null; <c>disk0</c>, <c>disk1</c> … when not given.</summary>
    public string? Id { get; set; }

    /// <summary>Queues of requests. Null: see <see cref="QueuesFor"/>.</summary>
    public int? Queues { get; set; }

    /// <summary>Descriptors in each queue, a power of two. Null: as many as the device thinks best.</summary>
    public int? QueueSize { get; set; }

    /// <summary>How requests wait that have to.</summary>
    public DiskEngine Aio { get; set; }

    /// <summary>What it may do in a time; null for as much as it can.</summary>
    public RateConfig? Limit { get; set; }

    /// <summary>How many queues it has in a machine with so many vCPUs.</summary>
    public int QueuesFor(int vcpus) => Queues ?? Math.Min(vcpus, UsualQueues);
}
