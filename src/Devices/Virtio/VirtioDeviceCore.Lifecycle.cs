using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio;

/// <content>Activation, reset, and standing still.</content>
public sealed partial class VirtioDeviceCore
{
    private bool _choseBeyondOffer;
    private bool _changedWhileStarting;
    private bool _isDetained;

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
        GoOn();
    }

    /// <summary>
    /// The bus keeps the device from memory, or lets it there again: takes no new chains meanwhile. Does not wait; what
    /// is in flight is completed.
    /// </summary>
    public void Detain(bool detained)
    {
        using Scope scope = Enter();
        if (_isDetained == detained)
            return;
        _isDetained = detained;
        if (detained)
            DetainQueues();
        else
            GoOn();
    }

    private void DetainQueues()
    {
        foreach (Virtqueue queue in _queues)
            queue.Hold();
        Device.Halt();
    }

    private void GoOn()
    {
        if (_resetting || _held || _isDetained)
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
        else if (_isDetained)
            DetainQueues();
        Device.Activate(DriverFeatures);
        _transport?.Activated();
        if (_changedWhileStarting)
            _transport?.InterruptConfig();
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
        foreach (IWakeup? wakeup in _wakeups)
            wakeup?.Cancel();
        Device.Reset();
        DriverFeatures = 0;
        _choseBeyondOffer = _changedWhileStarting = false;
        // What the driver had set in it is gone.
        _configChanged = true;
        _transport?.WasReset();
        // Last: a driver that polls goes on as soon as it reads 0, and what it sets then must stay.
        Status = 0;
        _resetting = false;
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
