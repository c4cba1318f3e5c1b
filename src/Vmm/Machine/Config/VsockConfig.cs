namespace Vmm.Machine.Config;

/// <summary>A virtio socket device: streams between programs in the guest and programs on the host.</summary>
internal sealed record VsockConfig
{
    /// <summary>The guest's address, from 3.</summary>
    public required long Cid { get; set; }

    /// <summary>The Unix socket at which programs of the host connect; the guest's streams to port P go to the same path followed by <c>_P</c>.</summary>
    public required string Socket { get; set; }

    /// <summary>Its name in statistics. Resolved: never null; <c>vsock0</c> when not given.</summary>
    public string? Id { get; set; }
}
