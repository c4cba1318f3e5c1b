namespace Vmm.Devices.Virtio;

/// <content>Working without the lock in the middle of processing a queue.</content>
public sealed partial class VirtioDeviceCore
{
    /// <summary>
    /// Lets go of the lock for work that takes its time, and takes it again on disposal. What was given back so far is
    /// published. For use within <see cref="IVirtioDevice.ProcessQueue"/> only, with at least one chain in flight:
    /// that chain keeps a reset from completing meanwhile, and a hold or a fault shows as an empty queue afterwards.
    /// </summary>
    public Unlocked Unlock()
    {
        if (_depth != 1)
            throw new InvalidOperationException($"{Device.Name}: the lock is held {_depth} times");
        Leave();
        return new Unlocked(this);
    }

    /// <summary>The driver broke a rule of the device's own: as <see cref="Fail(int, Queue.ChainStatus)"/>.</summary>
    /// <param name="queue">The queue in which it happened.</param>
    /// <param name="what">What was wrong, in words.</param>
    public void Fail(int queue, string what) => Fail($"queue {queue}: {what}");

    /// <summary>The device's lock, let go for a while.</summary>
    public readonly ref struct Unlocked
    {
        private readonly VirtioDeviceCore _core;

        internal Unlocked(VirtioDeviceCore core) => _core = core;

        /// <summary>Takes the lock again.</summary>
        public void Dispose()
        {
            Monitor.Enter(_core._lock);
            _core._depth++;
        }
    }
}
