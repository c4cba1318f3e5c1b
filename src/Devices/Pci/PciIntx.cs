using Vmm.Devices.Interrupts;

namespace Vmm.Devices.Pci;

/// <summary>A function's INTx# pin: a level, let through by the command register and silent while MSI-X is in use.</summary>
/// <param name="wire">What it is routed to, for this pin alone; pins that share an interrupt each get an end of an <see cref="IntxWire"/>.</param>
public sealed class PciIntx(IInterruptLine wire)
{
    private readonly Lock _lock = new();
    private bool _asserted;
    private bool _open = true;
    private bool _level;

    /// <summary>Whether the function asks for service, let through or not.</summary>
    public bool Asserted => Volatile.Read(ref _asserted);

    /// <summary>The device asserts or takes back its request.</summary>
    public void Set(bool asserted)
    {
        lock (_lock)
        {
            _asserted = asserted;
            Drive();
        }
    }

    /// <summary>Opens or shuts the way to the wire.</summary>
    internal void Gate(bool open)
    {
        lock (_lock)
        {
            _open = open;
            Drive();
        }
    }

    private void Drive()
    {
        bool level = _asserted && _open;
        if (level == _level)
            return;
        _level = level;
        if (level)
            wire.Raise();
        else
            wire.Lower();
    }
}
