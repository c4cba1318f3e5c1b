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
    /// <returns>Disposing it stops listening: no ring starts after that. Null when the host refused.</returns>
    IDisposable? Attach(GuestAddress address, int length, ulong? match, IDoorbellTarget target);
}
