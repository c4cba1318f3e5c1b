using Vmm.Guest.Memory;

namespace Vmm.Devices.Doorbells;

/// <summary>
/// Turns a guest write to a memory address into a ring without an exit to user space (KVM: ioeventfd). A host that has
/// no more room may refuse; the write then reaches the device as an ordinary bus write, which must do the same.
/// </summary>
public interface IDoorbellHost
{
    /// <summary>Listens on an address.</summary>
    /// <param name="address">Where the guest writes.</param>
    /// <param name="length">Width of the write in bytes: 1, 2, 4, 8, or 0 for any.</param>
    /// <param name="match">Only this value rings; null for any value.</param>
    /// <param name="target">Told on the event thread that this host was made for.</param>
    /// <returns>
    /// Disposing it stops listening: no ring starts after that. It does not wait for a ring that is under way, for its
    /// caller may hold a lock that the ring needs. Null when the host refused.
    /// </returns>
    IDisposable? Attach(GuestAddress address, int length, ulong? match, IDoorbellTarget target);

    /// <summary>
    /// Rings a target soon, on the same event thread and never from inside this call, after what is ready there already:
    /// for a doorbell write that was trapped, and for a target that gives way to others with work left. Safe on any thread.
    /// </summary>
    void Post(IDoorbellTarget target);

    /// <summary>Makes what rings a target at a later time, on the same event thread. Needs no descriptor; lives as long as the host.</summary>
    IWakeup CreateWakeup(IDoorbellTarget target);
}
