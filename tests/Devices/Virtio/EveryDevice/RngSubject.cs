using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Rng;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class RngSubject : DeviceSubject
{
    public override IVirtioDevice Device { get; } = new VirtioRng("rng0", new CountingEntropy());

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        Assert.Equal(16u, rig.Do(0, new GuestBuffer(at, 16, true)));
        Assert.False(rig.Read(at, 16).AsSpan().ContainsAnyExcept((byte)0x5A));
    }
}
