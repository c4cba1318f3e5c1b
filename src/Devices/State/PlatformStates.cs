namespace Vmm.Devices.State;

/// <summary>What the keyboard controller holds.</summary>
internal sealed record I8042State(
    byte[] Ram,
    byte Output,
    byte OutputStatus,
    byte OutputPort,
    byte LastCommand,
    bool ExpectsData,
    bool CommandLast);

/// <summary>What the clock holds: its memory, and how far the guest's time is from the host's, in units of 100 ns.</summary>
internal sealed record CmosState(byte Index, long Offset, byte[] Memory);

/// <summary>What the power device holds: events that the guest has not read yet.</summary>
internal sealed record AcpiPowerState(byte Events);

/// <summary>The generation ID that the guest was given.</summary>
internal sealed record GenerationIdState(Guid Value);

/// <summary>A device that is one byte.</summary>
internal sealed record LatchState(byte Value);

/// <summary>The address that the ports for PCI configuration stand at.</summary>
internal sealed record PciConfigPortsState(uint Address);
