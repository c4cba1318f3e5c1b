using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Backends;

/// <summary>
/// Moves the frames of pairs of queues in the device's place, as vhost does in the host's kernel. The device lends it a pair's queues
/// whenever nothing needs its own hands, and takes them back at any time.
/// </summary>
/// <remarks>Called with the device's lock held, on any thread. Interrupts are told by <see cref="INetworkEvents.EngineInterrupts"/>.</remarks>
public interface INetworkEngine
{
    /// <summary>Whether it can serve a driver that chose these features, of all bits.</summary>
    bool Serves(ulong features);

    /// <summary>Begins with a pair: uses its rings, and hears its doorbells. False when the network it leads to has gone; nothing was done then.</summary>
    bool TryStart(int pair, ulong features, in LentQueue receive, in LentQueue transmit);

    /// <summary>Ends with a pair. When it returns nothing of it is in flight, and its rings and buffers are not touched any more.</summary>
    /// <returns>The index of the chain that comes next, in each queue.</returns>
    (ushort Receive, ushort Transmit) Stop(int pair);

    /// <summary>The driver notified a queue of the pair in a way that is no doorbell.</summary>
    void Notify(int pair, bool transmit);
}
