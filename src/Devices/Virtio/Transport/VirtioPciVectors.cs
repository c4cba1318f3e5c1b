using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Transport;

/// <summary>Which MSI-X vector each queue and the configuration use. Virtio 1.2, 4.1.5.1.2.</summary>
internal sealed class VirtioPciVectors
{
    private readonly ushort[] _queues;
    private readonly int _count;

    /// <param name="queues">Number of queues.</param>
    /// <param name="count">Vectors in the function's table.</param>
    public VirtioPciVectors(int queues, int count)
    {
        _queues = new ushort[queues];
        _count = count;
        Reset();
    }

    /// <summary>Vector for configuration changes.</summary>
    public ushort Config { get; private set; }

    /// <summary>Vector of each queue.</summary>
    public ushort[] Queues => [.. _queues];

    /// <summary>Vector of a queue; none if there is no such queue.</summary>
    public ushort GetQueue(int queue) => queue < _queues.Length ? _queues[queue] : PciRegisters.VIRTIO_MSI_NO_VECTOR;

    /// <summary>The driver chooses. A vector that does not exist is refused: it reads back as none (4.1.5.1.2.1).</summary>
    public void SetConfig(ushort vector) => Config = Check(vector);

    /// <summary>The driver chooses for a queue.</summary>
    public void SetQueue(int queue, ushort vector)
    {
        if (queue < _queues.Length)
            _queues[queue] = Check(vector);
    }

    public void Reset()
    {
        Config = PciRegisters.VIRTIO_MSI_NO_VECTOR;
        Array.Fill(_queues, PciRegisters.VIRTIO_MSI_NO_VECTOR);
    }

    /// <summary>Whether a vector is there, or is none.</summary>
    public bool IsLegal(ushort vector) => Check(vector) == vector;

    private ushort Check(ushort vector) => vector < _count ? vector : PciRegisters.VIRTIO_MSI_NO_VECTOR;
}
