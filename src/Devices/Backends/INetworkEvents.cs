namespace Vmm.Devices.Backends;

/// <summary>What a network back end tells its device. Called on the device's event thread, never from inside a call of the device's, and with no lock held.</summary>
public interface INetworkEvents
{
    /// <summary>There are frames to receive. May also be called for no reason.</summary>
    /// <param name="pair">The queue pair on which they wait.</param>
    void FramesWaiting(int pair);

    /// <summary>A frame that got <see cref="NetworkSend.WouldBlock"/> may be tried again. May also be called for no reason.</summary>
    /// <param name="pair">The queue pair that waits.</param>
    void RoomAgain(int pair);

    /// <summary>The engine of a pair (<see cref="INetworkEngine"/>) has used buffers, and the driver wants to know.</summary>
    /// <param name="pair">The queue pair.</param>
    /// <param name="transmit">Whether of its transmit queue.</param>
    void EngineInterrupts(int pair, bool transmit)
    {
    }
}
