using CsCheck;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Devices.Virtio.Vsock;

/// <summary>An honest guest and honest programs at random, against a model: no byte is lost or invented, and nobody gets more than it can hold.</summary>
public sealed class VsockRandomTests
{
    private const uint Window = 256 << 10;
    private const int Connections = 4;

    private enum Kind
    {
        GuestSends,
        GuestReads,
        HostSends,
        HostTakes,
        Resize,
        Ask,
    }

    private readonly record struct Step(Kind Kind, int Which, uint Amount);

    private static readonly Gen<Step> GenStep = Gen.Select(
        Gen.Enum<Kind>(),
        Gen.Int[0, Connections - 1],
        Gen.Frequency((3, Gen.UInt[0, 5000]), (2, Gen.UInt[0, 65536]), (1, Gen.UInt[0, 200_000])),
        (kind, which, amount) => new Step(kind, which, amount));

    [Fact, Trait("Row", "43")]
    public void Credit_is_never_exceeded_either_way_and_every_byte_arrives_once() =>
        Gen.Select(GenStep.Array[1, 120], Gen.Int[1, 48]).Sample((steps, buffers) => new Model(buffers).Run(steps), iter: 200, threads: 1);

    /// <summary>What is known of a connection at both ends: bytes are numbered, so that each can be told where it must come.</summary>
    private sealed class End(uint guestPort)
    {
        public uint GuestPort => guestPort;
        public FakeStream Stream = null!;
        public uint GuestSent, HostTook, HostSent, GuestReceived, GuestRead;
        public uint GuestWindow = 64 << 10;
        public uint WindowBefore = 64 << 10;
        public uint TheirForwarded;
    }

    private sealed class Model
    {
        private readonly FakeHost _host = new() { Room = 0 };
        private readonly VsockDriver _guest;
        private readonly End[] _ends = new End[Connections];

        public Model(int buffers)
        {
            _guest = new VsockDriver(_host).Offer(buffers);
            for (uint i = 0; i < Connections; i++)
            {
                _guest.Send(Packet.Request(80, i) with { BufferAllocation = 64 << 10 });
                _guest.ReceiveOne(VIRTIO_VSOCK_OP_RESPONSE);
                _ends[i] = new End(i) { Stream = _host.Last };
            }
        }

        public void Run(Step[] steps)
        {
            foreach (Step step in steps)
                Do(_ends[step.Which], step);
            foreach (End end in _ends)
                Finish(end);
            Assert.Equal((0L, 0L), (_guest.Counters.BadPackets, _guest.Counters.ResetsSent));
            _guest.Dispose();
        }

        private void Do(End end, Step step)
        {
            // What the guest takes up now may have been sent before it said otherwise.
            end.WindowBefore = end.GuestWindow;
            switch (step.Kind)
            {
                case Kind.GuestSends: GuestSends(end, step.Amount); break;
                case Kind.GuestReads: GuestReads(end, step.Amount); break;
                case Kind.HostSends: HostSends(end, step.Amount); break;
                case Kind.HostTakes: HostTakes(end, step.Amount); break;
                case Kind.Resize: end.GuestWindow = step.Amount; Tell(end, VIRTIO_VSOCK_OP_CREDIT_UPDATE); break;
                default: Tell(end, VIRTIO_VSOCK_OP_CREDIT_REQUEST); break;
            }
            Receive();
        }

        private void GuestSends(End end, uint amount)
        {
            uint free = Window - (end.GuestSent - end.TheirForwarded);
            byte[] data = Numbered(end.GuestSent, Math.Min(Math.Min(amount, free), 64 << 10));
            end.GuestSent += (uint)data.Length;
            _guest.Send(Header(end, VIRTIO_VSOCK_OP_RW) with { Data = data });
            CheckHost(end);
        }

        private void GuestReads(End end, uint amount)
        {
            end.GuestRead += Math.Min(amount, end.GuestReceived - end.GuestRead);
            Tell(end, VIRTIO_VSOCK_OP_CREDIT_UPDATE);
        }

        private void HostSends(End end, uint amount)
        {
            end.Stream.Queue(Numbered(end.HostSent, amount));
            end.HostSent += amount;
            _guest.Signal(end.Stream, readable: true);
        }

        private void HostTakes(End end, uint amount)
        {
            end.Stream.Room = (int)amount;
            _guest.Signal(end.Stream, writable: true);
            CheckHost(end);
        }

        private void CheckHost(End end)
        {
            Assert.True(end.Stream.Taken.SequenceEqual(Numbered(end.HostTook, (uint)end.Stream.TakenLength)));
            end.HostTook += (uint)end.Stream.TakenLength;
            end.Stream.ForgetTaken();
            Assert.True(end.GuestSent - end.HostTook <= Window);
        }

        private void Receive()
        {
            foreach (Packet packet in _guest.Receive())
            {
                End end = _ends[packet.GuestPort];
                Assert.Equal(Window, packet.BufferAllocation);
                Assert.True(packet.ForwardCount - end.TheirForwarded <= end.HostTook - end.TheirForwarded, "more is told than was taken");
                end.TheirForwarded = packet.ForwardCount;
                if (packet.Operation != VIRTIO_VSOCK_OP_RW)
                    continue;
                Assert.Equal(Numbered(end.GuestReceived, (uint)packet.Data.Length), packet.Data);
                end.GuestReceived += (uint)packet.Data.Length;
                Assert.True(end.GuestReceived - end.GuestRead <= Math.Max(end.GuestWindow, end.WindowBefore), "more is sent than the guest can hold");
            }
        }

        /// <summary>Everybody takes what there is: nothing may be left.</summary>
        private void Finish(End end)
        {
            end.GuestWindow = 256 << 10;
            HostTakes(end, int.MaxValue);
            for (int round = 0; end.GuestReceived != end.HostSent; round++)
            {
                Assert.True(round < 1000, "data does not arrive");
                Receive();
                GuestReads(end, uint.MaxValue);
            }
            Assert.Equal(end.GuestSent, end.HostTook);
        }

        private void Tell(End end, ushort operation) => _guest.Send(Header(end, operation));

        private static Packet Header(End end, ushort operation) =>
            new(operation, 80, end.GuestPort) { BufferAllocation = end.GuestWindow, ForwardCount = end.GuestRead };

        private static byte[] Numbered(uint first, uint count)
        {
            byte[] bytes = new byte[count];
            for (uint i = 0; i < count; i++)
                bytes[i] = (byte)((first + i) * 31 >> 3);
            return bytes;
        }
    }
}
