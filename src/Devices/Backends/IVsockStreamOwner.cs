namespace Vmm.Devices.Backends;

/// <summary>Told what happens at the host's end of a connection, on the device's event thread with the device's lock held.</summary>
public interface IVsockStreamOwner
{
    /// <summary>Something may have changed. May also be called for no reason.</summary>
    /// <param name="readable">There are bytes, or an end, to read.</param>
    /// <param name="writable">Bytes may be taken again.</param>
    /// <param name="closed">The host closed both ways: once what it sent is read there is nothing more to come, and nobody reads.</param>
    void StreamChanged(bool readable, bool writable, bool closed);
}
