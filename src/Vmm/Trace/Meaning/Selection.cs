using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>What a guest wrote last to a register that says what another one means. Not known where the trace leaves such writes out.</summary>
/// <param name="recorded">Which exits are in the trace.</param>
/// <param name="offset">The register's place in its device, in bytes.</param>
/// <param name="initial">Its value when the trace began; null when that is not known.</param>
internal sealed class Selection(ExitFilter recorded, ulong offset, ulong? initial)
{
    private ulong? _value = initial;

    /// <summary>Notes a write.</summary>
    public void Set(ulong value) => _value = value;

    /// <summary>What it says at an access to another register of the same device; null when that is not known.</summary>
    public ulong? At(TracedExit exit)
    {
        AccessKind write = exit.Access is AccessKind.PortRead or AccessKind.PortWrite ? AccessKind.PortWrite : AccessKind.MemoryWrite;
        // Another vCPU may have written it.
        return recorded.Vcpus.Count == 0 && recorded.WantsAddress(write, exit.Address - exit.Offset + offset) ? _value : null;
    }
}
