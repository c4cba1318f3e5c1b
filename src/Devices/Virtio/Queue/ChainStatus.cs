namespace Vmm.Devices.Virtio.Queue;

/// <summary>What came of taking the next descriptor chain. Everything but <see cref="Ok"/> and <see cref="Empty"/> is the driver's fault.</summary>
public enum ChainStatus
{
    /// <summary>There is a chain, complete and checked.</summary>
    Ok,

    /// <summary>Nothing is available, or the queue is not live.</summary>
    Empty,

    /// <summary>
    /// A buffer is not all RAM. The chain was taken and holds its good buffers; a device that can say so to its driver
    /// completes it with an error, any other device fails its queue.
    /// </summary>
    OutOfRange,

    /// <summary>The available index is ahead by more than the queue's size.</summary>
    AvailIndexAhead,

    /// <summary>The head is not the number of a descriptor.</summary>
    HeadOutOfRange,

    /// <summary>The head belongs to a chain that the device still works on.</summary>
    HeadInFlight,

    /// <summary>A next field is not the number of a descriptor.</summary>
    NextOutOfRange,

    /// <summary>The chain comes back to itself.</summary>
    Loop,

    /// <summary>More descriptors than the device takes in one chain, or more than 2³² bytes.</summary>
    TooLong,

    /// <summary>An indirect descriptor that was not negotiated, is nested, has NEXT, is empty, odd-sized or not in RAM.</summary>
    BadIndirect,

    /// <summary>A buffer to read follows one to write.</summary>
    ReadableAfterWritable,
}
