namespace Vmm.Devices.Pci.Spec;

/// <summary>Bits of the command register (PCI Local Bus 3.0, 6.2.2, table 6-1).</summary>
public static class PciCommand
{
    /// <summary>The function answers port accesses.</summary>
    public const ushort IoSpace = 1 << 0;

    /// <summary>The function answers memory accesses: its BARs are on the bus.</summary>
    public const ushort MemorySpace = 1 << 1;

    /// <summary>The function may write to memory, and so send message-signalled interrupts.</summary>
    public const ushort BusMaster = 1 << 2;

    /// <summary>The function must not assert INTx#.</summary>
    public const ushort InterruptDisable = 1 << 10;
}
