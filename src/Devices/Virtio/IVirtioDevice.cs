using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Devices.Virtio;

/// <summary>
/// What is particular to one type of virtio device. Everything that all devices share (status, features, queues,
/// interrupts, both transports) is in <see cref="VirtioDeviceCore"/>, which calls this under the device's lock.
/// </summary>
/// <remarks>
/// <b>Threads.</b> Every member is called with the core's lock held, on a vCPU thread or on the device's event thread, so
/// none may block: work that waits for the host goes to a worker thread, which comes back through
/// <see cref="VirtioDeviceCore.Enter"/> and gives its chain back with <see cref="Queue.Virtqueue.AddUsed"/>.
/// <code>
/// Attach ─▶ [ Activate ─▶ ProcessQueue … ─▶ Quiesce ─▶ (chains in flight come back) ─▶ Reset ] ─▶ again
/// </code>
/// After <see cref="Quiesce"/> queues give out nothing, and the core waits until no chain is in flight before it calls
/// <see cref="Reset"/>: a device has nothing to cancel and can write nothing late.
/// </remarks>
public interface IVirtioDevice
{
    /// <summary>As in traces and statistics, such as <c>disk0</c>.</summary>
    string Name { get; }

    /// <summary>Device type; see <see cref="Spec.DeviceIds"/>.</summary>
    ushort DeviceType { get; }

    /// <summary>The device type's own feature bits that are offered. The core adds those of rings and transport.</summary>
    ulong DeviceFeatures { get; }

    /// <summary>The largest size of each queue, powers of two; its length is the number of queues.</summary>
    ReadOnlySpan<ushort> QueueSizes { get; }

    /// <summary>The configuration space as the driver reads it now, little-endian. Empty if there is none. Its length never changes.</summary>
    ReadOnlySpan<byte> Config { get; }

    /// <summary>The driver writes to its configuration space; the range is inside it. Most devices ignore it.</summary>
    void WriteConfig(int offset, ReadOnlySpan<byte> data);

    /// <summary>Called once, before anything else, with the core that runs this device.</summary>
    void Attach(VirtioDeviceCore core);

    /// <summary>Whether a set of features that was offered makes sense together. 2.2.2.</summary>
    bool AcceptsFeatures(ulong features) => true;

    /// <summary>Features are agreed upon (FEATURES_OK): the driver reads its configuration next, queues follow later.</summary>
    void FeaturesAgreed(ulong features)
    {
    }

    /// <summary>The driver is ready (DRIVER_OK). Queues that it set up are live; <see cref="ProcessQueue"/> follows for each.</summary>
    /// <param name="features">What was negotiated, all bits.</param>
    void Activate(ulong features);

    /// <summary>There may be new buffers in a queue. Also called for no reason.</summary>
    /// <returns>
    /// True when the device stopped early, to let others have the thread, and wants to be called again soon. Never take
    /// more chains in one call than the queue has descriptors: a driver could feed it for ever.
    /// </returns>
    bool ProcessQueue(int queue);

    /// <summary>Stop starting things. Chains in flight come back as usual; chains held without being worked on come back now.</summary>
    void Quiesce();

    /// <summary>
    /// Queues give out nothing from now on, for the driver broke the rules or the bus keeps the device from memory. Chains in
    /// flight come back as usual; a queue that was lent is taken back now.
    /// </summary>
    void Halt()
    {
    }

    /// <summary>Back to power-on. Nothing is in flight and no queue is live.</summary>
    void Reset();

    /// <summary>
    /// Features that a restored driver may be using though they are not offered here: those that hang on what is behind the
    /// device at the moment, and that it can do without.
    /// </summary>
    ulong RestorableFeatures => 0;

    /// <summary>What it holds beyond what the core does; null for nothing. It is quiesced.</summary>
    JsonElement? SaveState() => null;

    /// <summary>
    /// Checks what another one of its kind held, and changes nothing yet: what is returned takes it over. That is called
    /// with the lock held, after <see cref="FeaturesAgreed"/> and <see cref="Activate"/> if the other had come so far.
    /// Queues are held then, until <see cref="VirtioDeviceCore.Resume"/>.
    /// </summary>
    /// <param name="version">The section's version; 1 is the only one there is.</param>
    /// <param name="features">What the other's driver chose, all bits; they are agreed on if its status says so.</param>
    /// <param name="state">What <see cref="SaveState"/> gave.</param>
    /// <exception cref="StateException">It is no state that this device can be in.</exception>
    Action PrepareState(int version, ulong features, JsonElement? state)
    {
        StateJson.Require(state is null, Name, "device: it has no state of its own");
        return () => { };
    }
}
