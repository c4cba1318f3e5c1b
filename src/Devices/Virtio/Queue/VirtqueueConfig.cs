namespace Vmm.Devices.Virtio.Queue;

/// <summary>The registers of one queue, as the driver left them: nothing here has been checked.</summary>
public struct VirtqueueConfig
{
    /// <summary>Number of descriptors.</summary>
    public uint Size;

    /// <summary>Guest address of the descriptor table.</summary>
    public ulong Descriptors;

    /// <summary>Guest address of the available ring.</summary>
    public ulong Avail;

    /// <summary>Guest address of the used ring.</summary>
    public ulong Used;

    /// <summary>Whether the driver made the queue live (queue_enable, QueueReady).</summary>
    public bool Enabled;

    /// <summary>Sets one register; addresses come in halves, as both transports have them.</summary>
    public void Set(QueueRegister register, uint value)
    {
        switch (register)
        {
            case QueueRegister.Size: Size = value; break;
            case QueueRegister.DescriptorsLow: Descriptors = WithLow(Descriptors, value); break;
            case QueueRegister.DescriptorsHigh: Descriptors = WithHigh(Descriptors, value); break;
            case QueueRegister.AvailLow: Avail = WithLow(Avail, value); break;
            case QueueRegister.AvailHigh: Avail = WithHigh(Avail, value); break;
            case QueueRegister.UsedLow: Used = WithLow(Used, value); break;
            case QueueRegister.UsedHigh: Used = WithHigh(Used, value); break;
            default: throw new ArgumentOutOfRangeException(nameof(register), register, null);
        }
    }

    private static ulong WithLow(ulong address, uint value) => (address & 0xffff_ffff_0000_0000) | value;

    private static ulong WithHigh(ulong address, uint value) => (address & 0xffff_ffff) | (ulong)value << 32;
}
