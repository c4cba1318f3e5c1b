using Vmm.Devices.Backends;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>Not random at all: fills with 0x5A and counts.</summary>
public sealed class CountingEntropy : IEntropySource
{
    public long Filled { get; private set; }

    public void Fill(Span<byte> destination)
    {
        destination.Fill(0x5A);
        Filled += destination.Length;
    }
}
