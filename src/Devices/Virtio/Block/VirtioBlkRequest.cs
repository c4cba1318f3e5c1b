using Vmm.Devices.Backends;

namespace Vmm.Devices.Virtio.Block;

/// <summary>A request with what is needed to give its chain back. Belongs to one device, which reuses it.</summary>
internal sealed class VirtioBlkRequest(VirtioBlk device) : BlockRequest
{
    /// <summary>The chain.</summary>
    public ushort Head { get; set; }

    /// <summary>Where the status byte goes.</summary>
    public nint StatusAddress { get; set; }

    /// <summary>Bytes of data asked for.</summary>
    public ulong Length { get; set; }

    /// <summary>How it ended, for a request that waits to be given back.</summary>
    public BlockStatus Status { get; set; }

    /// <inheritdoc/>
    public override void Complete(BlockStatus status)
    {
        Status = status;
        device.Completed(this);
    }
}
