using System.Net.Sockets;
using Vmm.Host;
using Vmm.Tests.Devices.Virtio.Vsock;
using Vmm.Vsock;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Vmm.Vsock;

/// <summary>A process that may open nothing more. The limit is the whole process's: no other test runs meanwhile.</summary>
[CollectionDefinition(nameof(VsockDescriptorsTests), DisableParallelization = true)]
[Collection(nameof(VsockDescriptorsTests))]
public sealed class VsockDescriptorsTests : IDisposable
{
    private const int NoneAtAll = 3;

    private readonly VsockRig _rig = new();

    /// <summary>What the runtime opens for the first connection of a process is open before nothing more may be.</summary>
    public VsockDescriptorsTests()
    {
        using Socket first = VsockRig.NewProgram();
        Assert.Throws<SocketException>(() => first.Connect(new UnixDomainSocketEndPoint("/none")));
    }

    public void Dispose() => _rig.Dispose();

    [Fact, Trait("Row", "43")]
    public void Program_is_turned_away_when_there_is_no_descriptor_for_it_and_later_ones_are_taken()
    {
        using Socket early = VsockRig.NewProgram(), late = VsockRig.NewProgram();
        using (new Limit(FirstFree()))
        {
            _rig.Connect(early, "");
            Assert.Equal(0, early.ReceiveOrReset());
        }
        _rig.Connect(late, "CONNECT 22\n");
        Assert.Equal(22u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
    }

    [Fact, Trait("Row", "43")]
    public void Program_waits_when_it_cannot_even_be_turned_away_and_nothing_spins()
    {
        using Socket program = VsockRig.NewProgram();
        using (new Limit(NoneAtAll))
        {
            _rig.Connect(program, "CONNECT 22\n");
            _rig.Settle();
            _rig.Wind(VsockDoor.Rest);
        }
        // A thread that spun would take it now.
        _rig.Settle();
        Assert.False(_rig.Looked);
        Assert.False(program.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        _rig.Wind(VsockDoor.Rest);
        Assert.Equal(22u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
        using Socket next = _rig.Connect("CONNECT 23\n");
        Assert.Equal(23u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
    }

    [Fact, Trait("Row", "43")]
    public void Guest_is_refused_what_there_is_no_descriptor_for_and_gets_it_later()
    {
        using Socket listener = _rig.Listen(8080);
        using (new Limit(NoneAtAll))
            _rig.Guest.Send(Packet.Request(8080, 1000));
        _rig.Next(VIRTIO_VSOCK_OP_RST);
        _rig.Guest.Send(Packet.Request(8080, 1000));
        _rig.Next(VIRTIO_VSOCK_OP_RESPONSE);
    }

    private static int FirstFree()
    {
        using EventFd probe = new();
        return probe.Fd.Number;
    }

    /// <summary>No descriptor of that number or above may be opened until it is disposed.</summary>
    private readonly unsafe ref struct Limit
    {
        private readonly Linux.rlimit _before;

        public Limit(int descriptors)
        {
            Linux.rlimit limit;
            Assert.Equal(0, Linux.getrlimit(Linux.RLIMIT_NOFILE, &limit));
            _before = limit;
            limit.rlim_cur = (ulong)descriptors;
            Assert.Equal(0, Linux.setrlimit(Linux.RLIMIT_NOFILE, &limit));
        }

        public void Dispose()
        {
            Linux.rlimit limit = _before;
            Assert.Equal(0, Linux.setrlimit(Linux.RLIMIT_NOFILE, &limit));
        }
    }
}
