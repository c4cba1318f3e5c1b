namespace Vmm.Host;

/// <summary>Told by an <see cref="EventLoop"/> that a descriptor is ready.</summary>
internal interface IEventHandler
{
    /// <summary>Called on the loop's thread.</summary>
    /// <param name="events">The EPOLL bits that are set.</param>
    void OnReady(uint events);
}
