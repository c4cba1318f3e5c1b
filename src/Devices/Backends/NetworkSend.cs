namespace Vmm.Devices.Backends;

/// <summary>What became of a frame that a back end was given.</summary>
public enum NetworkSend
{
    /// <summary>It went out, or is in the back end's own memory.</summary>
    Sent,

    /// <summary>There is no room now. Nothing of it was taken; <see cref="INetworkEvents.RoomAgain"/> tells when to try again.</summary>
    WouldBlock,

    /// <summary>It cannot be sent, now or later: a link that is down, a frame the host refuses.</summary>
    Dropped,
}
