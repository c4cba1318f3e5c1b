namespace Vmm.Trace.Format;

/// <summary>What an exit wanted of the machine's devices.</summary>
internal enum AccessKind : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>IN: a port is read.</summary>
    PortRead = 1,

    /// <summary>OUT: a port is written.</summary>
    PortWrite = 2,

    /// <summary>A register in the memory address space is read.</summary>
    MemoryRead = 3,

    /// <summary>One is written.</summary>
    MemoryWrite = 4,

    /// <summary>RDMSR that KVM left to us.</summary>
    MsrRead = 5,

    /// <summary>WRMSR likewise.</summary>
    MsrWrite = 6,
}
