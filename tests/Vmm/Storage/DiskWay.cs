using Vmm.Devices.Backends;
using Vmm.Storage;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>How requests get done: tests of the back end run each way.</summary>
public enum DiskWay
{
    /// <summary>By the caller.</summary>
    Caller,

    /// <summary>By threads of our own.</summary>
    Threads,

    /// <summary>By io_uring.</summary>
    Ring,
}

/// <summary>What that means for the back end.</summary>
internal static class DiskWays
{
    public static DiskEngine Engine(this DiskWay way) => way == DiskWay.Ring ? DiskEngine.Io_uring : DiskEngine.Threads;

    /// <summary>Submits a request that way and waits until it is done.</summary>
    public static BlockStatus Do(this DiskRequest request, RawFileBackend backend, DiskWay way) => request.Do(backend, mayBlock: way == DiskWay.Caller);
}
