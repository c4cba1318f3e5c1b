using CsCheck;
using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Tests.Devices.Virtio.Balloon;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// An evil driver of a balloon: page numbers, reports and statistics of all kinds, on all queues, with resets in between.
/// Whatever it does: nothing but RAM is given back, counts fit together, and after a reset the balloon works.
/// </summary>
public class BalloonFuzz
{
    private enum Kind
    {
        Pages,
        Numbers,
        Raw,
        Config,
        Target,
        Ask,
        Pass,
        Reset,
    }

    private readonly record struct Step(Kind Kind, int Queue, uint First, int Count, GuestBuffer[] Buffers);

    private static readonly Gen<uint> GenPfn = Gen.Frequency(
        (6, Gen.UInt[0x200, 0x3ff]),
        (3, Gen.UInt[0x3f0, 0x410]),
        (2, Gen.UInt[0xf_fff0, 0x10_0110]),
        (1, Gen.UInt));

    private static readonly Gen<ulong> GenAddress = Gen.Frequency(
        (6, Gen.ULong[BalloonRig.Buffers, BalloonRig.RamSize]),
        (2, Gen.ULong[BalloonRig.RamSize - 0x2000, BalloonRig.RamSize + 0x2000]),
        (2, Gen.ULong[BalloonRig.HighStart - 0x1000, BalloonRig.HighStart + BalloonRig.HighSize + 0x1000]),
        (1, Gen.ULong));

    private static readonly Gen<uint> GenLength = Gen.Frequency(
        (6, Gen.UInt[0, 0x3000]),
        (2, Gen.OneOf(0u, 1u, 3u, 5u, 4096u, 0x1_0000u)),
        (1, Gen.UInt));

    private static readonly Gen<GuestBuffer[]> GenBuffers =
        Gen.Select(GenAddress, GenLength, Gen.Bool, (address, length, writable) => new GuestBuffer(address, length, writable)).Array[1, 5];

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (8, Kind.Pages), (6, Kind.Numbers), (6, Kind.Raw), (2, Kind.Config), (1, Kind.Target), (2, Kind.Ask), (1, Kind.Pass), (1, Kind.Reset))
        .SelectMany(kind => Gen.Select(Gen.Int[0, 4], GenPfn, Gen.Int[0, 700], GenBuffers, (queue, first, count, buffers) => new Step(kind, queue, first, count, buffers)));

    [Fact, Trait("Row", "42")]
    public void No_driver_makes_a_balloon_give_back_what_is_not_RAM_or_stop()
    {
        Gen.Select(GenStep.Array[1, 40], Gen.Bool, Gen.ULong[0, 63], Gen.OneOf(4096UL, 0x1_0000UL))
            .Sample((steps, reporting, features, granularity) =>
            {
                using Run run = new(reporting, features, granularity);
                foreach (Step step in steps)
                    run.Do(step);
                run.Check();
            }, time: FuzzBudget.Seconds);
    }

    private sealed class Run : IDisposable
    {
        private readonly BalloonRig _rig;
        private readonly ulong _features;

        public Run(bool reporting, ulong features, ulong granularity)
        {
            _rig = new BalloonRig(
                options: new BalloonOptions { FreePageReporting = reporting, DeflateOnOom = true, StatisticsInterval = TimeSpan.FromSeconds(1) },
                granularity: granularity);
            _rig.Releaser.IsRecording = false;
            _features = features & _rig.Rig.Core.OfferedFeatures;
            _rig.Start(_features);
        }

        public void Do(Step step)
        {
            if (_rig.Rig.NeedsReset)
                Restart();
            DriverQueue queue = _rig.Rig.Queues[step.Queue % _rig.Rig.Queues.Count];
            switch (step.Kind)
            {
                case Kind.Pages: Send(step, i => step.First + (uint)i); break;
                case Kind.Numbers: Send(step, i => step.First * (uint)(i | 1)); break;
                case Kind.Raw: queue.Add(step.Buffers); break;
                case Kind.Config: _rig.WriteConfig(step.Count % 16, step.First); break;
                case Kind.Target: _rig.Device.SetTarget(step.First); break;
                case Kind.Ask: _rig.Device.RequestStatistics(); break;
                case Kind.Pass: _rig.Rig.Doorbells.Pass(TimeSpan.FromSeconds(step.Count % 3)); break;
                default: Restart(); break;
            }
            _rig.Rig.Kick((uint)(step.Queue % _rig.Rig.Queues.Count));
            BalloonStatus status = _rig.Device.Status;
            const long pages = (long)((BalloonRig.RamSize + BalloonRig.HighSize) / BalloonDevice.PageSize);
            Assert.InRange(status.ActualPages, 0, pages);
            Assert.InRange(_rig.Device.HeldPages, 0, pages);
            // A huge page that was taken back in part comes again as a whole.
            Assert.True(_rig.Releaser.Granularity > BalloonDevice.PageSize || _rig.Counters.ReleasedBytes <= _rig.Counters.InflatedPages * (long)BalloonDevice.PageSize);
        }

        public void Check()
        {
            Assert.True(_rig.Rig.Ram.GuardsAreIntact);
            Restart();
            Assert.Equal(0, _rig.Device.HeldPages);
            _rig.Inflate(0x300, 0x301);
            Assert.Equal(2, _rig.Device.HeldPages);
            _rig.Deflate(0x300, 0x301);
            Assert.Equal(0, _rig.Device.HeldPages);
        }

        public void Dispose() => _rig.Dispose();

        private void Send(Step step, Func<int, uint> pfn)
        {
            for (int i = 0; i < step.Count; i++)
                _rig.Rig.Ram.Write(BalloonRig.Buffers + 4UL * (uint)i, pfn(i));
            _rig.Rig.Queues[step.Queue % 2].Add(new GuestBuffer(BalloonRig.Buffers, (uint)step.Count * 4));
            _rig.Rig.Kick((uint)(step.Queue % 2));
        }

        private void Restart()
        {
            _rig.Rig.Driver.Status = 0;
            Assert.Equal(0, _rig.Rig.Driver.Status);
            // The rings' memory may have gone into the balloon, or been filled with anything.
            _rig.Rig.Ram.Bytes(Rig.FirstRing, (int)Rig.RingStride * _rig.Rig.Queues.Count).Clear();
            _rig.Start(_features);
        }
    }
}
