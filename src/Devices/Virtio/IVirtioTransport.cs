using System.Text.Json;

namespace Vmm.Devices.Virtio;

/// <summary>What the core asks of the transport it stands behind. Called under the device's lock.</summary>
/// <remarks>Interrupts go out under the lock, so that none can follow a reset that the driver has seen complete (Virtio 1.2, 2.4.1).</remarks>
public interface IVirtioTransport
{
    /// <summary>A queue has used buffers.</summary>
    void InterruptQueue(int queue);

    /// <summary>Configuration or status changed.</summary>
    void InterruptConfig();

    /// <summary>The queues went live: listen to their doorbells.</summary>
    void Activated();

    /// <summary>The device was reset: stop listening, forget interrupts and vectors.</summary>
    void WasReset();

    /// <summary>What its registers hold beyond what the core does.</summary>
    JsonElement SaveState();

    /// <summary>Checks what another one of its kind held, and changes nothing yet: what is returned takes it over.</summary>
    /// <exception cref="State.StateException">It is no state that this transport can be in.</exception>
    Action PrepareState(int version, JsonElement state);
}
