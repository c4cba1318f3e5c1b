namespace Vmm.Guest.Memory;

/// <content>For who touches RAM past this class, as the host's kernel does in a device's place: when that may not be.</content>
public sealed unsafe partial class GuestMemory
{
    /// <summary>
    /// <see cref="IsWatched"/> may have changed. When it has become true, who touches RAM past this class has ceased to when this
    /// returns: what was written before that is not recorded, as is what the devices themselves wrote before.
    /// </summary>
    public event Action? WatchChanged;

    /// <summary>Whether every access has to go by way of this class: writes are recorded, or pages are waited for.</summary>
    public bool IsWatched => Dirty is not null || Volatile.Read(ref _awaiter) is not null;
}
