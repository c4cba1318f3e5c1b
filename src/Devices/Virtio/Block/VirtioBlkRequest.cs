using Vmm.Devices.Backends;

namespace Vmm.Devices.Virtio.Block;

/// <summary>A request with what is needed to give its chain back. Belongs to one device, which reuses it.</summary>
internal sealed class VirtioBlkRequest(VirtioBlk device) : BlockRequest
{
    /// <summary>The chain.</summary>
    public ushort Head { get; set; }

    /// <summary>The queue it came from.</summary>
    public int Queue { get; set; }

    /// <summary>Where the status byte goes.</summary>
    public nint StatusAddress { get; set; }

    /// <summary>Which byte of the writable part that is: its last.</summary>
    public ulong StatusOffset { get; set; }

    /// <summary>Bytes of data asked for.</summary>
    public ulong Length { get; set; }

    /// <summary>How it ended, for a request that waits to be given back.</summary>
    public BlockStatus Status { get; set; }

    /// <summary>Bytes that a rate limit counts: data, and zeroes that have to be written; giving storage back moves none.</summary>
    public ulong Cost
    {
        get
        {
            ulong bytes = Length;
            if (Operation == BlockOperation.WriteZeroes)
            {
                foreach (ref readonly BlockRange range in Ranges)
                    bytes += range.MayUnmap ? 0 : range.Length;
            }
            return bytes;
        }
    }

    /// <inheritdoc/>
    public override void Complete(BlockStatus status)
    {
        Status = status;
        device.Completed(this);
    }
}
