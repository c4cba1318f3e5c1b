using System.Net.Sockets;
using System.Text;
using Vmm.Vsock;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Vmm.Vsock;

/// <summary>Programs that connect and do not say whom they want.</summary>
public sealed class VsockCallersTests : IDisposable
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(1);

    private readonly VsockRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory, Trait("Row", "43")]
    [InlineData("")]
    [InlineData("CONNECT 2")]
    public void Program_that_does_not_finish_its_line_is_closed_in_time(string begun)
    {
        using Socket program = _rig.Connect(begun);
        _rig.Settle();
        _rig.Wind(VsockCallers.Patience - s_moment);
        Assert.False(program.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        _rig.Wind(s_moment);
        Assert.Equal(0, program.ReceiveOrReset());
        Assert.Equal(0, _rig.Guest.Counters.PacketsToGuest);
    }

    [Fact, Trait("Row", "43")]
    public void Program_that_drips_its_line_gains_no_time_by_it()
    {
        using Socket program = _rig.Connect("");
        _rig.Settle();
        foreach (byte one in "CONNECT 2"u8.ToArray())
        {
            program.Send([one]);
            _rig.Wind(VsockCallers.Patience / 10);
        }
        Assert.False(program.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        _rig.Wind(VsockCallers.Patience / 10);
        Assert.Equal(0, program.ReceiveOrReset());
    }

    [Fact]
    public void Each_has_its_own_time_and_who_has_said_it_has_all_of_it()
    {
        (Socket talks, _) = _rig.Accept(22);
        using Socket first = _rig.Connect("CONN");
        _rig.Settle();
        _rig.Wind(VsockCallers.Patience / 2);
        using Socket second = _rig.Connect("CONN");
        _rig.Settle();
        _rig.Wind(VsockCallers.Patience / 2);
        Assert.Equal(0, first.ReceiveOrReset());
        Assert.False(second.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        second.Send("ECT 23\n"u8);
        Assert.Equal(23u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
        _rig.Wind(10 * VsockCallers.Patience);
        Assert.False(second.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        Assert.False(talks.Poll(TimeSpan.Zero, SelectMode.SelectRead));
        talks.Dispose();
    }

    [Fact, Trait("Row", "43")]
    public void Storm_of_programs_that_say_nothing_is_bounded_and_in_nobodys_way()
    {
        const int More = 100;
        List<Socket> silent = [];
        for (int i = 0; i < VsockCallers.Most + More; i++)
            silent.Add(_rig.Connect(""));
        for (int i = 0; i < More; i++)
            Assert.Equal(0, silent[i].ReceiveOrReset());
        (Socket program, _) = _rig.Accept(22);
        program.Dispose();
        // It took the place of one, for the moment until its line was read.
        Assert.All(silent.Skip(More + 1), socket => Assert.False(socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)));
        silent[^1].Send(Encoding.ASCII.GetBytes("CONNECT 23\n"));
        _rig.Until(() => _rig.Guest.Counters.OpenedByHost == 1 && _rig.HasPacket);
        silent.ForEach(socket => socket.Dispose());
    }
}
