namespace Vmm.Devices.Interrupts;

/// <summary>One wire to the interrupt controller. An edge-triggered user raises and lowers at once; see <see cref="InterruptLine.Pulse"/>.</summary>
public interface IInterruptLine
{
    /// <summary>Asserts the line. Safe on any thread; asserting twice is the same as once.</summary>
    void Raise();

    /// <summary>Takes the assertion back.</summary>
    void Lower();
}
