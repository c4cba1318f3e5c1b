using Vmm.Vsock;

namespace Vmm.Machine.Build;

/// <summary>What a machine shares with the one before and after a reset of its guest, beside its consoles.</summary>
internal sealed record HostEnds
{
    /// <summary>Told that what a network device had behind it is gone: its place, and why. Called on the device's event thread.</summary>
    public Action<int, string>? NetLost { get; init; }

    /// <summary>Where programs reach its socket device; null for a machine that has none.</summary>
    public VsockListener? Vsock { get; init; }

    /// <summary>The generation ID that it had before its guest reset it; null for a fresh one.</summary>
    public Guid? Generation { get; init; }
}
