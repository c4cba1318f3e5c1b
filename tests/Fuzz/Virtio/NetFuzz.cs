using CsCheck;
using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Tests.Devices.Virtio.Harness;
using Vmm.Tests.Devices.Virtio.Net;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// A network device between a driver that mostly keeps to the rules, and a host that sends anything, is full, pulls the
/// cable, pauses. Whatever comes: no exception, no write outside RAM, work ends, and after a reset frames go both ways.
/// </summary>
public class NetFuzz
{
    private enum Kind
    {
        Send,
        SendOdd,
        Give,
        GiveOdd,
        Command,
        Arrive,
        Room,
        Link,
        Pause,
        Limit,
        Time,
        Spoil,
        Reset,
    }

    private readonly record struct Step(Kind Kind, int Size, int Pair, byte[] Bytes);

    private static readonly Gen<int> GenSize = Gen.Frequency(
        (5, Gen.Int[0, 200]), (4, Gen.Int[1000, 1600]), (2, Gen.Int[1600, 66000]), (1, Gen.OneOf(12, 13, 14, 26, 1518, 65535, 65553, 65554)));

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (6, Kind.Send), (3, Kind.SendOdd), (6, Kind.Give), (2, Kind.GiveOdd), (4, Kind.Command), (8, Kind.Arrive),
            (2, Kind.Room), (1, Kind.Link), (1, Kind.Pause), (1, Kind.Limit), (2, Kind.Time), (1, Kind.Spoil), (1, Kind.Reset))
        .SelectMany(kind => Gen.Select(GenSize, Gen.Int[0, 1], Gen.Byte.Array[16], (size, pair, bytes) => new Step(kind, size, pair, bytes)));

    [Fact, Trait("Row", "39"), Trait("Row", "40")]
    public void No_driver_and_no_host_stop_the_device_for_good()
    {
        Gen.Select(GenStep.Array[1, 60], Gen.ULong)
            .Sample((steps, without) =>
            {
                using Run run = new(without);
                foreach (Step step in steps)
                    run.Do(step);
                run.CheckRecovery();
            }, time: FuzzBudget.Seconds);
    }

    private sealed class Run : IDisposable
    {
        private readonly NetRig _rig = new(new FakeNetwork(pairs: 2) { IsLogging = false }, start: false);
        private readonly ulong _without;

        public Run(ulong without)
        {
            // Any subset that makes sense; a device that was asked for nonsense is not started.
            _without = without & ~(1UL << 32);
            if (!_rig.Net.AcceptsFeatures(_rig.Rig.Driver.OfferedFeatures & ~_without))
                _without = 0;
            _rig.Start(_without);
        }

        public void Do(in Step step)
        {
            switch (step.Kind)
            {
                case Kind.Send: _rig.Send(Frame(step.Size), NetRig.Header(), step.Pair); break;
                case Kind.SendOdd: _rig.Send(Frame(step.Size), step.Bytes[..12], step.Pair); break;
                case Kind.Give: _rig.Give(1 + step.Bytes[0] % 40, Math.Max(13, step.Size), step.Pair); break;
                case Kind.GiveOdd: _rig.Give(1, 1 + step.Bytes[0] % 20, step.Pair); break;
                case Kind.Command: Command(step); break;
                case Kind.Arrive: _rig.Arrive(Frame(step.Size), step.Pair, step.Bytes[1] % 2 == 0 ? NetRig.Header() : step.Bytes[..12]); break;
                case Kind.Room: MakeRoom(step); break;
                case Kind.Link: _rig.Net.SetLink(step.Bytes[0] % 3 != 0); break;
                case Kind.Pause: Pause(); break;
                case Kind.Limit: Limit(step); break;
                case Kind.Time: _rig.Clock.Advance(TimeSpan.FromMilliseconds(step.Size)); break;
                case Kind.Spoil: Spoil(step); break;
                default: Restart(_without); break;
            }
            _rig.Run();
            Assert.True(_rig.Rig.Ram.GuardsAreIntact);
        }

        public void CheckRecovery()
        {
            _rig.Network.Room = int.MaxValue;
            _rig.Net.SetLink(true);
            _rig.Net.Limit = default;
            Restart(0);
            while (_rig.Network.Waiting() > 0)
            {
                _rig.Give(64, 2048);
                Restart(0);
            }
            long sent = _rig.Net.Sent(0).Frames, received = _rig.Net.Received(0).Frames;
            _rig.Send(NetRig.Frame(100));
            _rig.Give(4, 2048);
            _rig.Arrive(NetRig.Frame(100));
            Assert.Equal((sent + 1, received + 1), (_rig.Net.Sent(0).Frames, _rig.Net.Received(0).Frames));
            Assert.False(_rig.Rig.NeedsReset);
            Assert.True(_rig.Rig.Ram.GuardsAreIntact);
        }

        public void Dispose() => _rig.Dispose();

        private static byte[] Frame(int size) => size < 14 ? new byte[size] : NetRig.Frame(size);

        private void Command(in Step step)
        {
            ulong at = _rig.Allocate(64);
            byte[] bytes = [(byte)(step.Bytes[0] % 7), (byte)(step.Bytes[1] % 7), .. step.Bytes[2..]];
            if (step.Size % 2 == 0)
                bytes.AsSpan(3).Clear();
            bytes.CopyTo(_rig.Rig.Ram.Bytes(at, bytes.Length));
            _rig.Rig.Queues[_rig.Control].Add(new GuestBuffer(at, (uint)(step.Size % 17)), new GuestBuffer(at + 32, 1, true));
            _rig.Rig.Driver.Notify((uint)_rig.Control);
        }

        private void MakeRoom(in Step step)
        {
            if (step.Bytes[0] % 2 == 0)
                _rig.Network.Room = step.Bytes[1] % 4;
            else
                _rig.Network.MakeRoom(step.Bytes[1], step.Pair);
        }

        private void Pause()
        {
            _rig.Rig.Core.Quiesce();
            _rig.Run();
            _rig.Rig.Core.Resume();
        }

        private void Limit(in Step step) => _rig.Net.Limit = step.Bytes[0] % 2 == 0
            ? default
            : new RateLimit(new BucketLimit(1 + (ulong)step.Size, 1_000_000), new BucketLimit(1 + (ulong)step.Bytes[1], 1_000_000));

        private void Spoil(in Step step)
        {
            DriverQueue queue = _rig.Rig.Queues[step.Bytes[0] % _rig.Rig.Queues.Count];
            int length = (int)(queue.End - queue.Descriptors);
            _rig.Rig.Ram.Bytes(queue.Descriptors + (ulong)(step.Size % (length - 8)), 1 + step.Bytes[1] % 8).Fill(step.Bytes[2]);
        }

        private void Restart(ulong without)
        {
            _rig.Rig.Driver.Status = 0;
            Assert.Equal(0, _rig.Rig.Driver.Status);
            foreach (DriverQueue queue in _rig.Rig.Queues)
                _rig.Rig.Ram.Bytes(queue.Descriptors, (int)(queue.End - queue.Descriptors)).Clear();
            _rig.Start(without);
        }
    }
}
