namespace Vmm.Firmware;

/// <summary>Where the guest <c>exits</c> and who measures with it meet.</summary>
public static class ExitsLayout
{
    /// <summary>RAM that the guest needs, in bytes: itself, mailbox and samples.</summary>
    public const uint RamSize = 4 << 20;

    /// <summary>The guest's TSC just before it begins to measure.</summary>
    public const uint GuestTime = Mailbox;

    /// <summary>TSC at which the host signalled.</summary>
    public const uint HostTime = Mailbox + 8;

    /// <summary>Counts how often the guest began to wait for the host.</summary>
    public const uint Armed = Mailbox + 16;

    /// <summary>TSC at which the interrupt handler began.</summary>
    public const uint Handled = Mailbox + 24;

    /// <summary>How often the second vCPU was interrupted.</summary>
    public const uint Acknowledged = Mailbox + 32;

    /// <summary>The last <see cref="Armed"/> that the host has answered.</summary>
    public const uint Reply = Mailbox + 40;

    /// <summary>The samples: 8 bytes each, TSC cycles.</summary>
    public const uint Samples = 0x21_0000;

    /// <summary>How many samples there is room for.</summary>
    public const int MostSamples = (int)(RamSize - Samples) / sizeof(ulong);

    /// <summary>Memory that the guest has not touched, behind RAM: for <see cref="ExitAccess.Touch"/>.</summary>
    public const uint Pages = 16 << 20;

    /// <summary>Where the guest says that it begins to measure (1) and has ended (2).</summary>
    public const ushort ControlPort = 0x5E0;

    /// <summary>Where the guest rings for the host.</summary>
    public const ushort ArmPort = 0x5E4;

    /// <summary>The input of the I/O APIC that ends HLT.</summary>
    public const int WakeLine = 10;

    /// <summary>The vector of that interrupt, for a message.</summary>
    public const byte WakeVector = 0x28;

    /// <summary>Written to <see cref="ControlPort"/>: what follows is measured.</summary>
    public const byte Begin = 1;

    /// <summary>Written to <see cref="ControlPort"/>: all is measured.</summary>
    public const byte Done = 2;

    private const uint Mailbox = 0x20_0000;
}
