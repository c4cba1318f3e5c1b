namespace Vmm.Bench.Exits;

/// <summary>Whether an ioeventfd takes the guest's writes.</summary>
internal enum DoorbellKind
{
    /// <summary>No: a device answers.</summary>
    None,

    /// <summary>At the port.</summary>
    Port,

    /// <summary>At the address.</summary>
    Memory,
}
