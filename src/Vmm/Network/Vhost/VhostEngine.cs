using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Events;

namespace Vmm.Network.Vhost;

/// <summary>
/// A tap's frames moved by the host's kernel: a kernel thread a pair of queues copies between the tap and guest memory. The
/// guest's doorbells go to it directly; its interrupts come by way of the device's event thread, which knows the device's vectors.
/// </summary>
internal sealed class VhostEngine : INetworkEngine, IDisposable
{
    private readonly KvmDoorbells _doorbells;
    private readonly VhostPair[] _pairs;

    /// <summary>Opens one for each pair.</summary>
    /// <param name="taps">The tap's descriptors, which outlive this.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="doorbells">The device's.</param>
    /// <param name="loop">The device's event thread.</param>
    /// <exception cref="VmmException">The host has no vhost-net, or does not allow it.</exception>
    public VhostEngine(IReadOnlyList<SafeFd> taps, GuestMemory memory, KvmDoorbells doorbells, EventLoop loop)
    {
        _doorbells = doorbells;
        _pairs = new VhostPair[taps.Count];
        try
        {
            for (int i = 0; i < _pairs.Length; i++)
                _pairs[i] = new VhostPair(new VhostDevice(memory), taps[i], loop, i);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Whom to tell of interrupts.</summary>
    public void Attach(INetworkEvents events)
    {
        foreach (VhostPair pair in _pairs)
            pair.Events = events;
    }

    /// <inheritdoc/>
    public bool Serves(ulong features) => _pairs[0].Device.Serves(features);

    /// <inheritdoc/>
    public bool TryStart(int pair, ulong features, in LentQueue receive, in LentQueue transmit) => _pairs[pair].TryStart(_doorbells, features, receive, transmit);

    /// <inheritdoc/>
    public (ushort Receive, ushort Transmit) Stop(int pair) => _pairs[pair].Stop(_doorbells);

    /// <inheritdoc/>
    public void Notify(int pair, bool transmit) => _pairs[pair].Notify(transmit);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (VhostPair? pair in _pairs)
            pair?.Dispose();
    }
}
