namespace Vmm.Devices.Pci.Spec;

/// <summary>Layout of MSI-X (PCI Local Bus 3.0, 6.8.2).</summary>
public static class MsixSpec
{
    /// <summary>Offset of message control in the capability.</summary>
    public const int MessageControl = 2;

    /// <summary>Offset of the table's BAR index and offset in the capability.</summary>
    public const int Table = 4;

    /// <summary>Offset of the pending bits' BAR index and offset in the capability.</summary>
    public const int Pba = 8;

    /// <summary>Length of the capability.</summary>
    public const int CapabilityLength = 12;

    /// <summary>Message control: MSI-X is in use, INTx# is not.</summary>
    public const ushort Enable = 1 << 15;

    /// <summary>Message control: every vector is masked.</summary>
    public const ushort FunctionMask = 1 << 14;

    /// <summary>Vectors a function may have: the size field has 11 bits.</summary>
    public const int MaximumVectors = 2048;

    /// <summary>Length of a table entry.</summary>
    public const int EntrySize = 16;

    /// <summary>Offset of the message address in an entry, 64 bits.</summary>
    public const int EntryAddress = 0;

    /// <summary>Offset of the message data in an entry.</summary>
    public const int EntryData = 8;

    /// <summary>Offset of vector control in an entry.</summary>
    public const int EntryControl = 12;

    /// <summary>Vector control: this vector is masked; so is every vector after reset.</summary>
    public const uint VectorMasked = 1;

    /// <summary>Bits of the message address that are always 0: messages are aligned doublewords.</summary>
    public const ulong AddressReserved = 0b11;
}
