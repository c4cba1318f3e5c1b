using System.Net.Sockets;
using System.Text;
using Vmm.Tests.Devices.Virtio.Vsock;
using Xunit;
using static Vmm.Devices.Virtio.Spec.SocketDevice;

namespace Vmm.Tests.Vmm.Vsock;

public sealed class VsockHostTests : IDisposable
{
    private const uint Both = VIRTIO_VSOCK_SHUTDOWN_F_RECEIVE | VIRTIO_VSOCK_SHUTDOWN_F_SEND;

    private readonly VsockRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Program_connects_and_talks_to_the_guest()
    {
        (Socket program, uint port) = _rig.Accept(22, alsoSends: "hello");
        using (program)
        {
            Assert.Equal("hello"u8.ToArray(), _rig.Next(VIRTIO_VSOCK_OP_RW).Data);
            _rig.Guest.Send(Packet.Rw(port, 22, "welcome"u8.ToArray()));
            Assert.Equal("welcome"u8.ToArray(), VsockRig.Read(program, 7));
            program.Shutdown(SocketShutdown.Send);
            Assert.Equal(VIRTIO_VSOCK_SHUTDOWN_F_SEND, _rig.Next(VIRTIO_VSOCK_OP_SHUTDOWN).Flags);
            _rig.Guest.Send(Packet.Rw(port, 22, "bye"u8.ToArray()), Packet.Shutdown(port, 22, Both));
            Assert.Equal("bye"u8.ToArray(), VsockRig.Read(program, 3));
            Assert.Equal(0, program.Receive(new byte[1]));
        }
        _rig.Next(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(0, _rig.Guest.Counters.Connections);
    }

    [Theory]
    [InlineData("CONNECT\n")]
    [InlineData("CONNECT \n")]
    [InlineData("CONNECT x\n")]
    [InlineData("CONNECT -1\n")]
    [InlineData("CONNECT 4294967296\n")]
    [InlineData("CONNECT 1 2\n")]
    [InlineData("GET / HTTP/1.1\n")]
    [InlineData("\n")]
    [InlineData("CONNECT 00000000000000000000000000000000")]
    public void Line_that_names_no_port_is_the_end(string line)
    {
        using Socket program = _rig.Connect(line);
        Assert.Equal(0, program.ReceiveOrReset());
        Assert.Equal(0, _rig.Guest.Counters.PacketsToGuest);
    }

    [Theory]
    [InlineData("CONNECT 4294967295\n", uint.MaxValue)]
    [InlineData("connect 0\r\n", 0u)]
    public void Line_may_be_written_so(string line, uint port)
    {
        using Socket program = _rig.Connect(line);
        Assert.Equal(port, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
    }

    [Fact]
    public void Line_may_come_byte_by_byte()
    {
        using Socket program = _rig.Connect("");
        foreach (byte one in "CONNECT 5\n"u8.ToArray())
            program.Send([one]);
        Assert.Equal(5u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
    }

    [Fact]
    public void Refusal_by_the_guest_is_the_end()
    {
        using Socket program = _rig.Connect("CONNECT 22\n");
        Packet request = _rig.Next(VIRTIO_VSOCK_OP_REQUEST);
        _rig.Guest.Send(Packet.Reset(request.HostPort, 22));
        Assert.Equal(0, program.ReceiveOrReset());
    }

    [Fact]
    public void Program_that_gives_up_is_an_RST_to_the_guest()
    {
        using (_rig.Connect("CONNECT 22\n"))
            _rig.Next(VIRTIO_VSOCK_OP_REQUEST);
        _rig.Next(VIRTIO_VSOCK_OP_RST);
        _rig.Until(() => _rig.Guest.Counters.Connections == 0);
    }

    [Fact]
    public void Program_that_gives_up_before_the_guest_was_asked_leaves_nothing()
    {
        _rig.Connect("CONNECT 22").Dispose();
        using Socket later = _rig.Connect("CONNECT 23\n");
        Assert.Equal(23u, _rig.Next(VIRTIO_VSOCK_OP_REQUEST).GuestPort);
        Assert.Equal(1, _rig.Guest.Counters.Connections);
    }

    [Fact]
    public void Guest_reaches_who_listens_at_its_port_s_path_and_nobody_else()
    {
        using Socket listener = _rig.Listen(8080);
        _rig.Guest.Send(Packet.Request(8080, 1000), Packet.Request(8081, 1000));
        List<Packet> answers = [_rig.Next(), _rig.Next()];
        Assert.Equal(VIRTIO_VSOCK_OP_RESPONSE, answers.Single(a => a.HostPort == 8080).Operation);
        Assert.Equal(VIRTIO_VSOCK_OP_RST, answers.Single(a => a.HostPort == 8081).Operation);
        using Socket program = listener.Accept();
        _rig.Guest.Send(Packet.Rw(8080, 1000, "question"u8.ToArray()));
        Assert.Equal("question"u8.ToArray(), VsockRig.Read(program, 8));
        program.Send("answer"u8);
        Assert.Equal("answer"u8.ToArray(), _rig.Next(VIRTIO_VSOCK_OP_RW).Data);
        program.Close();
        Assert.Equal(Both, _rig.Next(VIRTIO_VSOCK_OP_SHUTDOWN).Flags);
        _rig.Guest.Send(Packet.Reset(8080, 1000));
        Assert.Equal(0, _rig.Guest.Counters.Connections);
    }

    [Fact]
    public void Program_that_does_not_read_stops_the_guest_by_credit_and_gets_every_byte_later()
    {
        const int Block = 32 << 10;
        (Socket program, uint port) = _rig.Accept(22);
        using Socket reader = program;
        List<byte> sent = [];
        uint passedOn = 0;
        // Until socket and buffer are full, as the guest's credit tells.
        while (sent.Count + Block <= passedOn + (256 << 10))
        {
            byte[] block = new byte[Block];
            new Random(sent.Count).NextBytes(block);
            sent.AddRange(block);
            _rig.Guest.Send(Packet.Rw(port, 22, block));
            _rig.Guest.Send(new Packet(VIRTIO_VSOCK_OP_CREDIT_REQUEST, port, 22));
            passedOn = _rig.Next(VIRTIO_VSOCK_OP_CREDIT_UPDATE).ForwardCount;
        }
        Assert.True(passedOn > 0);
        // The guest closes; its data is still on its way.
        _rig.Guest.Send(Packet.Shutdown(port, 22, Both));
        _rig.Next(VIRTIO_VSOCK_OP_RST);
        Assert.Equal(sent, VsockRig.Read(reader, sent.Count));
        Assert.Equal(0, reader.Receive(new byte[1]));
        _rig.Until(() => _rig.Guest.Counters.Connections == 0);
    }

    [Fact]
    public void Thousand_programs_at_once_are_all_served()
    {
        const int Count = 1000;
        List<Socket> programs = [];
        for (uint i = 0; i < Count; i++)
            programs.Add(_rig.Connect($"CONNECT {i}\n{i:D8}"));
        Dictionary<uint, uint> ports = [];
        int answered = 0;
        while (answered < Count)
        {
            Packet packet = _rig.Next();
            if (packet.Operation == VIRTIO_VSOCK_OP_REQUEST)
            {
                ports.Add(packet.GuestPort, packet.HostPort);
                _rig.Guest.Send(new Packet(VIRTIO_VSOCK_OP_RESPONSE, packet.HostPort, packet.GuestPort));
                continue;
            }
            Assert.Equal(packet.GuestPort.ToString("D8", null), Encoding.ASCII.GetString(packet.Data));
            _rig.Guest.Send(Packet.Rw(packet.HostPort, packet.GuestPort, packet.Data));
            answered++;
        }
        for (int i = 0; i < Count; i++)
        {
            string expected = $"OK {ports[(uint)i]}\n{i:D8}";
            Assert.Equal(expected, Encoding.ASCII.GetString(VsockRig.Read(programs[i], expected.Length)));
            programs[i].Dispose();
        }
        Assert.Equal(Count, _rig.Guest.Counters.OpenedByHost);
    }

    [Fact]
    public void Of_many_programs_that_do_not_read_the_kernel_holds_little_for_each_of_the_later_ones()
    {
        const int Count = 600;
        List<Socket> programs = [];
        (uint Port, uint Window) last = default;
        for (uint i = 0; i < Count; i++)
        {
            programs.Add(_rig.Connect($"CONNECT {i}\n"));
            Packet request = _rig.Next(VIRTIO_VSOCK_OP_REQUEST);
            _rig.Guest.Send(new Packet(VIRTIO_VSOCK_OP_RESPONSE, request.HostPort, i));
            last = (request.HostPort, request.BufferAllocation);
        }
        Assert.Equal(8u << 10, last.Window);
        uint sent = 0, passedOn = 0;
        while (sent < passedOn + last.Window)
        {
            byte[] block = new byte[Math.Min(4096, passedOn + last.Window - sent)];
            sent += (uint)block.Length;
            _rig.Guest.Send(Packet.Rw(last.Port, Count - 1, block), new Packet(VIRTIO_VSOCK_OP_CREDIT_REQUEST, last.Port, Count - 1));
            passedOn = _rig.Next(VIRTIO_VSOCK_OP_CREDIT_UPDATE).ForwardCount;
        }
        Assert.InRange(passedOn, 4096u, 64u << 10);
        programs.ForEach(program => program.Dispose());
    }

    [Fact]
    public void End_of_the_machine_is_the_end_of_its_connections()
    {
        using VsockRig other = new();
        (Socket program, _) = other.Accept(22);
        other.Guest.Driver.Status = 0;
        Assert.Equal(0, program.ReceiveOrReset());
        program.Dispose();
    }
}
