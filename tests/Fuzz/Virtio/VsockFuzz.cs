using CsCheck;
using Vmm.Devices.Virtio.Spec;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Tests.Devices.Virtio.Harness;
using Vmm.Tests.Devices.Virtio.Vsock;
using Xunit;

namespace Vmm.Tests.Fuzz.Virtio;

/// <summary>
/// A driver that sends what it likes, to programs that do what they like. Whatever comes: no exception, no use of a closed
/// stream, no connection too many, and after a reset all works.
/// </summary>
public class VsockFuzz
{
    private enum Kind
    {
        Send,
        Chain,
        Offer,
        Read,
        HostSends,
        HostTakes,
        HostStops,
        HostCloses,
        HostConnects,
        TransportReset,
    }

    private readonly record struct Step(Kind Kind, int Which, Packet Packet, uint Length);

    private static readonly Gen<uint> GenPort = Gen.Frequency((8, Gen.UInt[0, 3]), (2, Gen.UInt[0x4000_0000, 0x4000_0003]), (1, Gen.Const(FakeHost.ClosedPort)), (1, Gen.UInt));

    private static readonly Gen<uint> GenCount = Gen.Frequency(
        (4, Gen.Const(0u)), (4, Gen.UInt[0, 6000]), (1, Gen.OneOf(uint.MaxValue, 1u << 31, (1u << 31) - 1, 256u << 10, (256u << 10) + 1)), (1, Gen.UInt));

    private static readonly Gen<ulong> GenCid = Gen.Frequency((20, Gen.Const(VsockDriver.Cid)), (1, Gen.OneOf(0UL, 2UL, 3UL, ulong.MaxValue)));

    private static readonly Gen<Packet> GenPacket = Gen.Select(
        Gen.Frequency((9, Gen.UShort[1, 7]), (1, Gen.UShort)),
        Gen.Select(GenPort, GenPort, GenCid),
        Gen.Select(Gen.UInt[0, 4], GenCount, GenCount),
        Gen.Frequency((3, Gen.Int[0, 100]), (1, Gen.Int[0, 65536])),
        Gen.Frequency((9, Gen.UInt.Select(_ => (uint?)null)), (1, GenCount.Select(c => (uint?)c))),
        Gen.Frequency((20, Gen.Const((ushort)1)), (1, Gen.UShort)),
        (operation, where, what, length, claim, type) => new Packet(operation, where.Item1, where.Item2)
        {
            SourceCid = where.Item3,
            Flags = what.Item1,
            BufferAllocation = what.Item2,
            ForwardCount = what.Item3 == 1 ? 0 : what.Item3,
            Data = new byte[length],
            Length = claim,
            Type = type,
        });

    private static readonly Gen<Step> GenStep = Gen.Frequency(
            (20, Kind.Send), (1, Kind.Chain), (6, Kind.Offer), (6, Kind.Read), (6, Kind.HostSends), (4, Kind.HostTakes), (2, Kind.HostStops), (3, Kind.HostCloses),
            (4, Kind.HostConnects), (1, Kind.TransportReset))
        .SelectMany(kind => Gen.Select(Gen.Int[0, 1000], GenPacket, GenCount, (which, packet, length) => new Step(kind, which, packet, length)));

    [Fact, Trait("Row", "43")]
    public void No_driver_breaks_the_device_or_its_host() =>
        Gen.Select(GenStep.Array[1, 100], Gen.Bool).Sample(
            (steps, eventIndex) =>
            {
                using VsockDriver guest = new(features: Rig.DefaultFeatures | (eventIndex ? GuestDriver.EventIndex : 0));
                guest.Host.Room = 3000;
                foreach (Step step in steps)
                    Do(guest, step);
                guest.Driver.Status = 0;
                Assert.All(guest.Host.Streams, stream => Assert.True(stream.Closed));
                Assert.Equal(0, guest.Counters.Connections);
                guest.Start();
                guest.Offer(4);
                guest.Connect();
            },
            time: FuzzBudget.Seconds);

    private static void Do(VsockDriver guest, in Step step)
    {
        FakeStream? stream = guest.Host.Streams.Count == 0 ? null : guest.Host.Streams[step.Which % guest.Host.Streams.Count];
        switch (step.Kind)
        {
            case Kind.Send: guest.Send(step.Packet); break;
            case Kind.Chain: SendOdd(guest, step); break;
            case Kind.Offer: guest.Offer(1 + step.Which % 8, step.Which % 20 == 0 ? step.Length % 100 : 4096); break;
            case Kind.Read: ReadSome(guest, step); break;
            case Kind.HostConnects: Connect(guest, step); break;
            case Kind.TransportReset: guest.Device.TransportReset(); break;
            default:
                if (stream is { Closed: false })
                    Act(guest, stream, step);
                break;
        }
        Assert.InRange(guest.Counters.Connections, 0, VirtioVsock.MaxConnections);
        Assert.True(guest.Host.Streams.Count(s => !s.Closed) <= guest.Counters.Connections, "a stream was forgotten");
    }

    private static void Act(VsockDriver guest, FakeStream stream, in Step step)
    {
        switch (step.Kind)
        {
            case Kind.HostSends:
                stream.Queue(new byte[step.Length % 20_000]);
                guest.Signal(stream, readable: true);
                break;
            case Kind.HostTakes:
                stream.Room = (int)(step.Length & 0xF_FFFF);
                guest.Signal(stream, writable: true);
                break;
            case Kind.HostStops:
                stream.SendsNoMore |= (step.Which & 1) != 0;
                stream.TakesNoMore |= (step.Which & 2) != 0;
                guest.Signal(stream, readable: true, writable: true);
                break;
            default:
                (stream.SendsNoMore, stream.TakesNoMore) = (true, true);
                guest.Signal(stream, readable: true, writable: true, closed: true);
                break;
        }
    }

    private static void Connect(VsockDriver guest, in Step step)
    {
        FakeStream stream = new() { Room = 3000 };
        if (guest.HostConnects(stream, step.Packet.GuestPort))
            guest.Host.Streams.Add(stream);
    }

    private static void ReadSome(VsockDriver guest, in Step step)
    {
        // Buffers that came back short of a header are the test's own doing: it has to look at them itself.
        if (!guest.NeedsReset && step.Which % 3 == 0)
            guest.Offer(4);
    }

    private static void SendOdd(VsockDriver guest, in Step step)
    {
        ulong at = VsockDriver.SendBuffers;
        VsockDriver.Write(step.Packet, guest.Ram.Bytes(at, SocketDevice.HeaderSize));
        uint first = step.Length % 60;
        guest.Sending.Add(new GuestBuffer(at, first), new GuestBuffer(at + first, 4096), new GuestBuffer(at + 8192, step.Length % 300, step.Which % 2 == 0));
        guest.Kick();
        if (guest.NeedsReset)
        {
            guest.Driver.Status = 0;
            guest.Start();
        }
    }
}
