namespace Vmm.Devices.Backends;

/// <summary>The host's end of one connection: bytes both ways, each way closed by itself.</summary>
/// <remarks>
/// Called on the device's event thread with the device's lock held; nothing here waits. After
/// <see cref="VsockIo.WouldBlock"/> the device is told, through <see cref="Owner"/>, when to try again, and after
/// anything else it is not (edge-triggered): it goes on trying until there is nothing.
/// </remarks>
public interface IVsockStream
{
    /// <summary>Who is told what happens at this end. Set once by the device.</summary>
    IVsockStreamOwner? Owner { get; set; }

    /// <summary>Says how much is held for it when it takes nothing; what the host's kernel holds for it besides should be of that order. Once, before anything else.</summary>
    void Bound(uint window);

    /// <summary>Reads what the host has sent straight to where it belongs.</summary>
    /// <param name="into">At least a byte.</param>
    /// <param name="count">How many bytes came, at least one when it is <see cref="VsockIo.Ok"/>.</param>
    VsockIo Read(ReadOnlySpan<HostSegment> into, out int count);

    /// <summary>Hands bytes to the host, as many as it takes now.</summary>
    /// <param name="from">At least a byte.</param>
    /// <param name="count">How many were taken, at least one when it is <see cref="VsockIo.Ok"/>.</param>
    VsockIo Write(ReadOnlySpan<HostSegment> from, out int count);

    /// <summary>The guest accepted a connection that the host had asked for.</summary>
    /// <param name="hostPort">The host's port of it.</param>
    void Accepted(uint hostPort);

    /// <summary>The guest will send no more: the host reads the end after what it was given.</summary>
    void EndWriting();

    /// <summary>The guest will take no more.</summary>
    void EndReading();

    /// <summary>Ends it. <see cref="Owner"/> hears no more.</summary>
    void Close();
}
