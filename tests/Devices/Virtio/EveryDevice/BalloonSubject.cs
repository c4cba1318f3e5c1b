using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.Virtio.EveryDevice;

internal sealed class BalloonSubject : DeviceSubject
{
    private const uint FirstPage = 0x90;
    private const ulong FreePage = 0xA_0000;

    private readonly VirtioBalloon _balloon = new("balloon0", new Zeros(), TimeProvider.System, new BalloonOptions { DeflateOnOom = true, FreePageReporting = true });

    public override IVirtioDevice Device => _balloon;

    /// <summary>Statistics are kept until they are asked for.</summary>
    public override void Stimulate() => _balloon.RequestStatistics();

    public override void AssertWorks(EvilRig rig, ulong at)
    {
        rig.Write(at, MemoryMarshal.AsBytes<uint>([FirstPage, FirstPage + 1]));
        long before = _balloon.HeldPages;
        rig.Do(BalloonDevice.InflateQueue, new GuestBuffer(at, 8));
        Assert.Equal(before + 2, _balloon.HeldPages);
        rig.Do(BalloonDevice.DeflateQueue, new GuestBuffer(at, 8));
        Assert.Equal(before, _balloon.HeldPages);
        long reported = _balloon.Counters.ReportedBytes;
        rig.Do(BalloonDevice.ReportingQueue, new GuestBuffer(FreePage, 4096, true));
        Assert.Equal(reported + 4096, _balloon.Counters.ReportedBytes);
        rig.Do(BalloonDevice.StatisticsQueue, new GuestBuffer(at, 20));
        Assert.True(_balloon.Status.Updates > 0);
    }

    private sealed unsafe class Zeros : IMemoryReleaser
    {
        public ulong Granularity => 4096;

        public bool Release(nint address, ulong length)
        {
            NativeMemory.Clear((void*)address, (nuint)length);
            return true;
        }
    }
}
