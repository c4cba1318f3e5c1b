namespace Vmm.Devices.Interrupts;

/// <summary>What can be done with any interrupt line.</summary>
public static class InterruptLine
{
    /// <summary>Gives an edge: raise, then lower.</summary>
    public static void Pulse(this IInterruptLine line)
    {
        line.Raise();
        line.Lower();
    }
}
