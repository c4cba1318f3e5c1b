using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Queue;

namespace Vmm.Devices.Virtio.Net;

/// <content>
/// Pairs whose frames an engine of the back end moves (vhost). The device's own way is always behind it: it has the queues whenever
/// it has to see to frames itself, be it for a limit, a cable that is pulled, or writes to memory that are recorded.
/// </content>
public sealed partial class VirtioNet
{
    private readonly bool[] _lent;

    /// <summary>Pairs that the engine could not begin with; not tried again before the driver starts anew.</summary>
    private readonly bool[] _refused;

    /// <summary>Whether an engine moves a pair's frames at the moment. Any thread.</summary>
    public bool IsLent(int pair) => Volatile.Read(ref _lent[pair]);

    /// <inheritdoc/>
    public void Halt() => TakePairsBack(0);

    /// <inheritdoc/>
    void INetworkEvents.EngineInterrupts(int pair, bool transmit) => _core.Interrupt(transmit ? TransmitQueue(pair) : ReceiveQueue(pair));

    /// <summary>Lends a pair or takes it back, as things are now. On the event thread, with the lock held.</summary>
    /// <returns>Whether the engine has it.</returns>
    private bool Lends(INetworkEngine engine, int queue)
    {
        int pair = queue / 2;
        if (!MayLend(engine, pair))
        {
            TakeBack(engine, pair);
            return false;
        }
        if (_lent[pair])
        {
            engine.Notify(pair, transmit: queue % 2 == 1);
            return true;
        }
        _receivers[pair].Quiesce();
        _senders[pair].Reset();
        if (!_core.TryLend(ReceiveQueue(pair), out LentQueue receive))
            return false;
        if (!_core.TryLend(TransmitQueue(pair), out LentQueue transmit))
        {
            _core.Queue(ReceiveQueue(pair)).TakeBack(receive.Next);
            return false;
        }
        bool started = engine.TryStart(pair, _core.DriverFeatures, receive, transmit);
        Volatile.Write(ref _lent[pair], started);
        if (started)
            return true;
        _refused[pair] = true;
        _core.Queue(ReceiveQueue(pair)).TakeBack(receive.Next);
        _core.Queue(TransmitQueue(pair)).TakeBack(transmit.Next);
        return false;
    }

    private bool MayLend(INetworkEngine engine, int pair) =>
        !_core.Memory.IsWatched
        && _card.IsLinkUp
        && !_refused[pair]
        && pair < _card.ActivePairs
        && !_core.Queue(ReceiveQueue(pair)).IsStopped
        && !_core.Queue(TransmitQueue(pair)).IsStopped
        && !_sendLimiter.Limit.IsLimited
        && engine.Serves(_core.DriverFeatures);

    /// <summary>Takes back all pairs from one on. With the lock held.</summary>
    private void TakePairsBack(int from)
    {
        if (_backend.Engine is not { } engine)
            return;
        for (int pair = from; pair < _lent.Length; pair++)
            TakeBack(engine, pair);
    }

    private void TakeBack(INetworkEngine engine, int pair)
    {
        if (!_lent[pair])
            return;
        Volatile.Write(ref _lent[pair], false);
        (ushort receive, ushort transmit) = engine.Stop(pair);
        _core.TakeBack(ReceiveQueue(pair), receive);
        _core.TakeBack(TransmitQueue(pair), transmit);
    }

    /// <summary>What is written to memory is recorded from now on, or not any more.</summary>
    private void WatchChanged()
    {
        if (_core.Memory.IsWatched)
        {
            using (_core.Enter())
                TakePairsBack(0);
            return;
        }
        PostPairs(Options.QueuePairs);
    }
}
