using Vmm.Devices.Backends;
using Vmm.Host;

namespace Vmm.Storage;

/// <summary>An open image, as its back end uses it. Each call is one system call and gives what the kernel gives: a count, 0, or an error number below 0.</summary>
/// <remarks>An interface so that tests can make a disk fail in the ways that real ones do.</remarks>
internal unsafe interface IImageFile : IDisposable
{
    /// <summary>What is known of the image since it was opened.</summary>
    ImageFacts Facts { get; }

    /// <summary>preadv2.</summary>
    nint Read(HostSegment* segments, int count, ulong offset, int flags);

    /// <summary>pwritev2.</summary>
    nint Write(HostSegment* segments, int count, ulong offset, int flags);

    /// <summary>fdatasync.</summary>
    nint Sync();

    /// <summary>fallocate, with the size kept.</summary>
    nint Allocate(int mode, ulong offset, ulong length);

    /// <summary>BLKDISCARD or BLKZEROOUT, on a block device.</summary>
    nint RangeControl(uint request, ulong offset, ulong length);

    /// <summary>Keeps others from opening it; it may have been opened without.</summary>
    /// <exception cref="VmmException">Someone else has it.</exception>
    void Lock();

    /// <summary>Lets others open it, while it stays open here. Nothing is to be read or written until it is locked again.</summary>
    void Unlock();

    /// <summary>Makes a ring for calls that complete later; null where the host has none.</summary>
    IImageRing? TryOpenRing();
}
