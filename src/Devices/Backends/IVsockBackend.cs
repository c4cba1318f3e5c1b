namespace Vmm.Devices.Backends;

/// <summary>The host's side of a socket device: what listens on the host's ports.</summary>
/// <remarks>Called on the device's event thread with the device's lock held: it must not wait.</remarks>
public interface IVsockBackend
{
    /// <summary>The guest asks for a connection to a port of the host.</summary>
    /// <param name="port">The host's port.</param>
    /// <returns>The connection, or null when nobody accepts there.</returns>
    IVsockStream? TryConnect(uint port);
}
