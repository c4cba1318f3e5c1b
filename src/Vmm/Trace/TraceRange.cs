namespace Vmm.Trace;

/// <summary>Addresses that a trace is about.</summary>
/// <param name="Ports">Whether they are I/O ports; else guest-physical addresses.</param>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
internal sealed record TraceRange(bool Ports, ulong First, ulong Last)
{
    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(ulong address) => address >= First && address <= Last;
}
