using Vmm.Devices.Interrupts;

namespace Vmm.Devices.Pci;

/// <summary>An interrupt that the pins of several functions share: asserted while any of them asserts it (PCI Local Bus 3.0, 2.2.6).</summary>
/// <param name="line">The line to the interrupt controller; level-triggered.</param>
public sealed class IntxWire(IInterruptLine line)
{
    private readonly Lock _lock = new();
    private readonly IInterruptLine _line = line;
    private int _asserted;

    /// <summary>Gives one more pin its end of the wire.</summary>
    public IInterruptLine Connect() => new End(this);

    private sealed class End(IntxWire wire) : IInterruptLine
    {
        private bool _asserted;

        public void Raise()
        {
            lock (wire._lock)
            {
                if (!_asserted && wire._asserted++ == 0)
                    wire._line.Raise();
                _asserted = true;
            }
        }

        public void Lower()
        {
            lock (wire._lock)
            {
                if (_asserted && --wire._asserted == 0)
                    wire._line.Lower();
                _asserted = false;
            }
        }
    }
}
