using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>Calls on an open image that complete later. For one thread; the tags are the caller's.</summary>
/// <remarks>An interface so that tests can make a disk fail in the ways that real ones do.</remarks>
internal unsafe interface IImageRing : IDisposable
{
    /// <summary>The most that may be in flight.</summary>
    int Capacity { get; }

    /// <summary>Readable as long as something is complete; null when the caller has to look by himself.</summary>
    SafeFd? Ready { get; }

    /// <summary>preadv2, with <see cref="Submit"/>.</summary>
    void Read(HostSegment* segments, int count, ulong offset, ulong tag);

    /// <summary>pwritev2, with <see cref="Submit"/>.</summary>
    void Write(HostSegment* segments, int count, ulong offset, int flags, ulong tag);

    /// <summary>fdatasync, with <see cref="Submit"/>.</summary>
    void Sync(ulong tag);

    /// <summary>Starts what was asked for; what the host has no room for is forgotten, the last ones first.</summary>
    /// <returns>How many were started.</returns>
    int Submit();

    /// <summary>Takes the next that is complete: its tag, and a count, 0, or an error number below 0.</summary>
    bool TryTake(out ulong tag, out nint result);
}
