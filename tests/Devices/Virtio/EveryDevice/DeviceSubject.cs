using Vmm.Devices.Virtio;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

/// <summary>
/// One type of device as the suites over every type need it: made with a host's side that is fake, and put to work by
/// an honest driver. A new type is a class like this and a line in <see cref="DeviceSubjects"/>.
/// </summary>
internal abstract class DeviceSubject : IDisposable
{
    /// <summary>The device, not yet on a transport.</summary>
    public abstract IVirtioDevice Device { get; }

    /// <summary>The device is on its core; nothing has happened yet.</summary>
    public virtual void Attached(EvilRig rig)
    {
    }

    /// <summary>Whether the device takes what is in a queue by itself, or after <see cref="Stimulate"/>. False for a queue that rests most of the time.</summary>
    public virtual bool Takes(int queue) => true;

    /// <summary>What the host's side does that makes the device want buffers to receive into.</summary>
    public virtual void Stimulate()
    {
    }

    /// <summary>The device was restored to what another one was, with this one's host side: that is as at the beginning.</summary>
    public virtual void Restored()
    {
    }

    /// <summary>Honest requests, and what has to come of them.</summary>
    /// <param name="rig">Started, and nothing in its queues.</param>
    /// <param name="at">Where to put buffers; a border between RAM regions may be a few bytes on.</param>
    public abstract void AssertWorks(EvilRig rig, ulong at);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
