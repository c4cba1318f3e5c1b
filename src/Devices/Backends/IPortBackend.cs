namespace Vmm.Devices.Backends;

/// <summary>
/// The host end of a named port: a stream to one client at a time. Nothing here waits. Used with the device's lock held,
/// on the device's event thread unless it says otherwise.
/// </summary>
public interface IPortBackend
{
    /// <summary>
    /// Told, on the device's event thread and without a lock held, that a client came or went, sent something, or takes
    /// more again.
    /// </summary>
    Action? Changed { get; set; }

    /// <summary>The client's number; 0 when there is none. Each has a number of its own.</summary>
    uint Client { get; }

    /// <summary>Whether a read may find something.</summary>
    bool HasInput { get; }

    /// <summary>Takes what the client sent.</summary>
    /// <param name="destination">Where to, guest memory as a rule.</param>
    /// <returns>How much; 0 when there is nothing for now, and <see cref="HasInput"/> is false then.</returns>
    int Read(Span<byte> destination);

    /// <summary>Hands on what the guest wrote.</summary>
    /// <param name="source">Guest memory as a rule; not kept.</param>
    /// <returns>How much was taken. When that is less, <see cref="Changed"/> tells when there is room.</returns>
    int Write(ReadOnlySpan<byte> source);

    /// <summary>Told of what the guest wrote while there was no client: it is lost.</summary>
    void Discard(ulong bytes);

    /// <summary>A program in the guest opened its end, or closed it. Any thread.</summary>
    void SetGuestOpen(bool open);
}
