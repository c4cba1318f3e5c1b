using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio;

/// <content>Activation, reset, and standing still.</content>
public sealed partial class VirtioDeviceCore
{
    private bool _choseBeyondOffer;

    /// <summary>
    /// Lets the device come to rest: takes no new chains and returns when none is in flight. Not for vCPU or event
    /// threads, which it would keep waiting.
    /// </summary>
    public void Quiesce()
    {
        using Scope scope = Enter();
        _held = true;
        HoldQueues();
        while (InFlight > 0)
            Wait();
    }

    /// <summary>Ends <see cref="Quiesce"/>, and looks for what came in meanwhile.</summary>
    public void Resume()
    {
        using Scope scope = Enter();
        _held = false;
        if (_resetting)
            return;
        foreach (Virtqueue queue in _queues)
            queue.Release();
        PostLiveQueues();
    }

    private void Activate()
    {
        bool eventIndex = Has(FeatureBits.VIRTIO_RING_F_EVENT_IDX);
        bool indirect = Has(FeatureBits.VIRTIO_RING_F_INDIRECT_DESC);
        foreach (Virtqueue queue in _queues)
        {
            RingStatus status = queue.Config.Enabled ? queue.Activate(eventIndex, indirect) : RingStatus.Ok;
            if (status == RingStatus.Ok)
                continue;
            Fail($"queue {queue.Index}: {status}");
            return;
        }
        if (_held)
            HoldQueues();
        Device.Activate(DriverFeatures);
        _transport?.Activated();
        // A driver may have filled a queue before it was ready, when a notification would have been ignored.
        PostLiveQueues();
    }

    private void PostLiveQueues()
    {
        foreach (Virtqueue queue in _queues)
        {
            if (queue.IsLive)
                Post(queue.Index);
        }
    }

    private void HoldQueues()
    {
        foreach (Virtqueue queue in _queues)
            queue.Hold();
        Device.Quiesce();
    }

    private void BeginReset()
    {
        if (_resetting)
            return;
        _resetting = true;
        HoldQueues();
        if (InFlight == 0)
            Drained();
    }

    /// <summary>Nothing is in flight: whoever waits for that goes on.</summary>
    private void Drained()
    {
        if (_resetting)
            CompleteReset();
        else if (_held)
            Monitor.PulseAll(_lock);
    }

    private void CompleteReset()
    {
        foreach (Virtqueue queue in _queues)
            queue.Deactivate();
        Device.Reset();
        DriverFeatures = 0;
        _choseBeyondOffer = false;
        Status = 0;
        _resetting = false;
        _transport?.WasReset();
        Monitor.PulseAll(_lock);
    }

    /// <summary>Takes the lock for a write that changes state, which has to wait for a reset that is under way.</summary>
    private Scope EnterSettled()
    {
        Scope scope = Enter();
        WaitForReset();
        return scope;
    }

    private void WaitForReset()
    {
        while (_resetting)
            Wait();
    }

    /// <summary>Lets others have the lock until something changes.</summary>
    private void Wait()
    {
        int depth = _depth;
        _depth = 0;
        Monitor.Wait(_lock);
        _depth = depth;
    }
}
