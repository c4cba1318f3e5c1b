namespace Vmm.Devices.Interrupts;

/// <summary>Delivers message-signalled interrupts to the vCPUs.</summary>
public interface IMsiSink
{
    /// <summary>Delivers one message. Safe on any thread. An address that reaches no vCPU is dropped.</summary>
    void Signal(in MsiMessage message);
}
