using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>What an exit wanted of the machine's devices.</summary>
internal readonly ref struct ExitAccess
{
    /// <summary>What.</summary>
    public AccessKind Kind { get; init; }

    /// <summary>The port, the guest-physical address or the number of the MSR.</summary>
    public ulong Address { get; init; }

    /// <summary>The device's number in the vCPU's records; 0 for nobody.</summary>
    public int Device { get; init; }

    /// <summary>From the device's start, in bytes.</summary>
    public ulong Offset { get; init; }

    /// <summary>Bytes an item.</summary>
    public int Size { get; init; }

    /// <summary>Items.</summary>
    public long Count { get; init; }

    /// <summary>What was read or written, as far as it is kept.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}
