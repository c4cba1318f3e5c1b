using Vmm.Devices.Doorbells;
using Vmm.Devices.Virtio.Queue;
using Vmm.Devices.Virtio.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Virtio;

/// <summary>
/// What every virtio device has, whatever its type and transport: the status machine, feature negotiation, the queues,
/// DEVICE_NEEDS_RESET, and a reset that waits for what is in flight.
/// </summary>
/// <remarks>
/// <b>Threads.</b> One lock a device. vCPU threads take it for register accesses, the event thread to process queues,
/// worker threads to complete requests. Nothing waits for the host while holding it. A doorbell (ioeventfd) rings on the
/// event thread; a notification that is trapped instead is posted there, so that a vCPU never processes a queue.
/// Lock order: bus, then device, then interrupt controller; a transport's interrupt methods only signal.
/// <para>
/// <b>Reset.</b> Writing 0 holds all queues. While chains are in flight the status still reads as before, and any
/// other write waits; a driver that polls status for 0, as 2.4.2 asks, never makes its vCPU wait.
/// </para>
/// <code>
/// 0 ─▶ ACKNOWLEDGE ─▶ DRIVER ─▶ FEATURES_OK ─▶ DRIVER_OK (queues live) ─▶ NEEDS_RESET (a driver's fault)
/// ▲                                  │ refused: bit stays clear                     │
/// └──────────── write 0, then: hold, drain, deactivate ◀────────────────────────────┘
/// </code>
/// </remarks>
public sealed partial class VirtioDeviceCore
{
    private const byte DriverBits = DeviceStatus.VIRTIO_CONFIG_S_ACKNOWLEDGE | DeviceStatus.VIRTIO_CONFIG_S_DRIVER
        | DeviceStatus.VIRTIO_CONFIG_S_FEATURES_OK | DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK | DeviceStatus.VIRTIO_CONFIG_S_FAILED;

    private const ulong CoreFeatures = 1UL << FeatureBits.VIRTIO_F_VERSION_1
        | 1UL << FeatureBits.VIRTIO_RING_F_INDIRECT_DESC
        | 1UL << FeatureBits.VIRTIO_RING_F_EVENT_IDX;

    // An object and not a System.Threading.Lock: a write during a reset waits on it for the drain.
    private readonly object _lock = new();
    private readonly Virtqueue[] _queues;
    private readonly QueueDoorbell[] _doorbells;
    private readonly PostedRing[] _posted;
    private readonly IWakeup?[] _wakeups;
    private readonly IDoorbellHost _doorbellHost;
    private IVirtioTransport? _transport;
    private int _depth;
    private bool _resetting;
    private bool _held;
    private bool _configChanged;

    /// <summary>Puts a device on its core.</summary>
    /// <param name="device">The device.</param>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="doorbellHost">The device's event thread.</param>
    public VirtioDeviceCore(IVirtioDevice device, GuestMemory memory, IDoorbellHost doorbellHost)
    {
        (Device, Memory, _doorbellHost) = (device, memory, doorbellHost);
        ReadOnlySpan<ushort> sizes = device.QueueSizes;
        _queues = new Virtqueue[sizes.Length];
        _doorbells = new QueueDoorbell[sizes.Length];
        _posted = new PostedRing[sizes.Length];
        _wakeups = new IWakeup?[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            _queues[i] = new Virtqueue(memory, i, sizes[i]);
            _doorbells[i] = new QueueDoorbell(this, i);
            _posted[i] = new PostedRing(this, i);
        }
        OfferedFeatures = CoreFeatures | device.DeviceFeatures;
        device.Attach(this);
    }

    /// <summary>The device behind it.</summary>
    public IVirtioDevice Device { get; }

    /// <summary>The guest's RAM.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Number of queues.</summary>
    public int QueueCount => _queues.Length;

    /// <summary>All feature bits that the driver may choose from.</summary>
    public ulong OfferedFeatures { get; }

    /// <summary>What the driver chose; final once FEATURES_OK is set.</summary>
    public ulong DriverFeatures { get; private set; }

    /// <summary>The device status field.</summary>
    public byte Status { get; private set; }

    /// <summary>
    /// Differs from before once the driver has read a configuration that changed (2.5.1, 4.1.4.3.1). It moves at that
    /// read and not at the change, so that its 8 bits over PCI can not wrap unseen.
    /// </summary>
    public uint ConfigGeneration { get; private set; }

    /// <summary>How often a driver's fault stopped the device, since the start.</summary>
    public long Faults { get; private set; }

    /// <summary>The last of them in words, for traces; null if there was none.</summary>
    public string? LastFault { get; private set; }

    /// <summary>Told of each such fault, with the device's lock held: hand it on, and do not wait.</summary>
    public Action<string>? DriverFaulted { get; set; }

    /// <summary>Whether the driver is ready and has made no fault: queues may be used.</summary>
    public bool IsActive => (Status & (DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK | DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET))
        == DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK && !_resetting;

    /// <summary>Whether a feature was negotiated.</summary>
    public bool Has(int featureBit) => (DriverFeatures >> featureBit & 1) != 0;

    /// <summary>A queue, live or not. Use it with the lock held.</summary>
    public Virtqueue Queue(int index) => _queues[index];

    /// <summary>
    /// Takes the device's lock. Disposing publishes what was given back in any queue, interrupts the driver if it wants
    /// that, and completes a reset that waited. May be nested.
    /// </summary>
    public Scope Enter()
    {
        Monitor.Enter(_lock);
        _depth++;
        return new Scope(this);
    }

    /// <summary>
    /// The driver broke the rules: sets DEVICE_NEEDS_RESET, stops all queues and interrupts (2.1.2). Only a reset helps.
    /// Call it with the lock held. Chains in flight, one that was OutOfRange among them, have still to be given back.
    /// </summary>
    /// <param name="queue">The queue in which it happened.</param>
    /// <param name="status">What was wrong.</param>
    public void Fail(int queue, ChainStatus status) => Fail($"queue {queue}: {status}");

    /// <summary>The driver put in a chain that cannot be used: it gets it back where it can be, empty, and the device fails. Call it with the lock held.</summary>
    /// <param name="queue">The queue that it came from.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="status">What is wrong with it.</param>
    public void Fail(Virtqueue queue, DescriptorChain chain, ChainStatus status)
    {
        if (status == ChainStatus.OutOfRange)
            queue.AddUsed(chain.Head, 0);
        Fail(queue.Index, status);
    }

    /// <summary>
    /// The configuration (not the status) changed: a new generation, and an interrupt if the driver is ready. One that
    /// is still starting may have read the old state already, and is told as soon as it is ready. Call it with the lock held.
    /// </summary>
    public void ConfigChanged()
    {
        _configChanged = true;
        if (IsActive)
            _transport?.InterruptConfig();
        else
            _changedWhileStarting |= Status != 0;
    }

    /// <summary>A command of the driver's own changed the configuration: a new generation (4.1.4.3.1), and nobody needs to be told. Call it with the lock held.</summary>
    public void ConfigChangedByDriver() => _configChanged = true;

    /// <summary>Has a queue processed soon, on the event thread. Safe on any thread.</summary>
    public void Post(int queue) => _posted[queue].Post();

    /// <summary>
    /// Has a queue processed when some time has passed, on the event thread; earlier if something else makes it so. For a
    /// device that a rate limiter holds back. Call it with the lock held. A reset forgets it.
    /// </summary>
    public void ProcessAfter(int queue, TimeSpan delay) =>
        (_wakeups[queue] ??= _doorbellHost.CreateWakeup(_doorbells[queue])).After(delay);

    private void Fail(string what)
    {
        if ((Status & DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET) != 0)
            return;
        Faults++;
        LastFault = what;
        DriverFaulted?.Invoke(what);
        foreach (Virtqueue queue in _queues)
            queue.Break();
        Device.Halt();
        Status |= DeviceStatus.VIRTIO_CONFIG_S_NEEDS_RESET;
        if ((Status & DeviceStatus.VIRTIO_CONFIG_S_DRIVER_OK) != 0 && !_resetting)
            _transport?.InterruptConfig();
    }

    /// <summary>Has a queue processed now. On the device's event thread only, without the lock: for a back end that is heard of there.</summary>
    /// <returns>False when the queue is not to be used at the moment.</returns>
    public bool Run(int queue)
    {
        using Scope scope = Enter();
        if (!IsActive || _held || _isDetained || !_queues[queue].IsLive)
            return false;
        if (Device.ProcessQueue(queue))
            Post(queue);
        return true;
    }

    private void Leave()
    {
        if (_depth == 1)
        {
            foreach (Virtqueue queue in _queues)
            {
                if (queue.HasUnpublished && queue.Publish())
                    _transport?.InterruptQueue(queue.Index);
            }
            if (InFlight == 0)
                Drained();
        }
        _depth--;
        Monitor.Exit(_lock);
    }

    private int InFlight
    {
        get
        {
            int sum = 0;
            foreach (Virtqueue queue in _queues)
                sum += queue.InFlight;
            return sum;
        }
    }

    /// <summary>The device's lock, held.</summary>
    public readonly ref struct Scope
    {
        private readonly VirtioDeviceCore _core;

        internal Scope(VirtioDeviceCore core) => _core = core;

        /// <summary>Publishes, interrupts, lets go.</summary>
        public void Dispose() => _core.Leave();
    }

    /// <summary>Rung by the guest.</summary>
    private sealed class QueueDoorbell(VirtioDeviceCore core, int index) : IDoorbellTarget
    {
        public void Ring() => core.Run(index);
    }

    /// <summary>Rung by ourselves; at most once in the event thread's queue, however often a guest makes us post.</summary>
    private sealed class PostedRing(VirtioDeviceCore core, int index) : IDoorbellTarget
    {
        private int _posted;

        public void Post()
        {
            if (Interlocked.Exchange(ref _posted, 1) == 0)
                core._doorbellHost.Post(this);
        }

        public void Ring()
        {
            Interlocked.Exchange(ref _posted, 0);
            core.Run(index);
        }
    }
}
