namespace Vmm.Devices.Backends;

/// <summary>The host end of a network device: where its frames go to and come from.</summary>
/// <remarks>
/// <b>Frames.</b> A frame is a list of segments. The first is always the 12-byte header of Virtio 1.2, 5.1.6 by itself,
/// in memory of the device's own; an Ethernet frame without its check sequence follows, in guest memory. A back end that
/// knows no such header skips the first segment when it sends and fills it with zeros when it receives.
/// <para>
/// <b>Threads.</b> <see cref="Send"/> and <see cref="Receive"/> are called on the device's event thread only, without
/// the device's lock, and must not wait. Everything else may come from any thread, with the lock held: so it must not wait
/// either, and must not call the device from inside.
/// </para>
/// <para>
/// <b>Readiness.</b> Where <see cref="Listen"/> is on and a frame is there, <see cref="INetworkEvents.FramesWaiting"/>
/// comes, and comes again as long as frames are left (level-triggered). The device switches it off while the guest has no
/// buffers, so that a flood which nobody can take costs nothing.
/// </para>
/// </remarks>
public interface INetworkBackend
{
    /// <summary>What it does with the guest's frames; the guest is offered no more.</summary>
    NetworkOffloads SendOffloads { get; }

    /// <summary>What it can leave undone on frames for the guest, if the guest takes that.</summary>
    NetworkOffloads ReceiveOffloads { get; }

    /// <summary>The most queue pairs it can serve, from 1.</summary>
    int QueuePairs { get; }

    /// <summary>The largest packet (without the Ethernet header) that passes; null when it does not know.</summary>
    ushort? Mtu { get; }

    /// <summary>What can move its frames in the device's place; null when there is nothing.</summary>
    INetworkEngine? Engine => null;

    /// <summary>Called once, before anything else, with the device behind which this is. It listens to no pair yet.</summary>
    void Attach(INetworkEvents events);

    /// <summary>Sends a frame straight from where it lies. The memory may be touched until this returns.</summary>
    /// <param name="pair">The queue pair it came on.</param>
    /// <param name="frame">The header, checked by the device, then the frame: at least an Ethernet header.</param>
    NetworkSend Send(int pair, ReadOnlySpan<HostSegment> frame);

    /// <summary>Nothing more is sent for now: frames that were kept to be sent together go out. Called by who called <see cref="Send"/>, after the last.</summary>
    void Flush(int pair)
    {
    }

    /// <summary>Takes the next frame.</summary>
    /// <param name="pair">The queue pair.</param>
    /// <param name="into">Room for the header, then for the frame. What does not fit is cut off and lost.</param>
    /// <returns>How many bytes were stored, header included; 0 when there is no frame now.</returns>
    int Receive(int pair, ReadOnlySpan<HostSegment> into);

    /// <summary>Whether the device wants to hear of frames on a pair. Frames stay where they are meanwhile, as far as there is room for them.</summary>
    void Listen(int pair, bool on);

    /// <summary>What may be left undone on frames for the guest from now on, out of <see cref="ReceiveOffloads"/>.</summary>
    void SetReceiveOffloads(NetworkOffloads offloads);

    /// <summary>How many pairs the guest uses from now on, the first ones: frames arrive on no other.</summary>
    void SetQueuePairs(int pairs);
}
