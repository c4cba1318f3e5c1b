using System.Buffers.Binary;
using System.Globalization;
using Vmm.Host;
using Vmm.Network.Passt;
using Xunit;

namespace Vmm.Tests.Vmm.Network;

/// <summary>The real <c>passt</c>, without a guest.</summary>
public sealed class PasstProcessTests
{
    private const int Ethernet = 14;
    private static readonly byte[] s_mac = [2, 0, 0, 0x12, 0x34, 0x56];

    private static PasstBackend Start(EventLoop loop, TaskCompletionSource<string> lost)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/passt"), "passt is not installed (apt install passt)");
        try
        {
            return PasstBackend.Start(new() { Id = "net0", Passt = true }, loop, why => lost.TrySetResult(why));
        }
        catch (VmmException refused)
        {
            Assert.Skip($"passt does not run on this host: {refused.Message}");
            throw;
        }
    }

    [Fact]
    public async Task Address_is_offered_to_who_asks_for_one()
    {
        using EventLoop loop = new("_net0");
        TaskCompletionSource<string> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PasstBackend passt = Start(loop, lost);
        FakeDevice device = new(passt.Frames);
        passt.Frames.Attach(device);
        passt.Frames.Listen(0, true);
        byte[] discover = DhcpDiscover();
        loop.Post(() =>
        {
            device.Send(discover);
            passt.Frames.Flush(0);
        });
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        byte[] offer = await Task.Run(() => device.Received.GetConsumingEnumerable(patience.Token).First(IsDhcp));
        // BOOTREPLY, our transaction, an address, and option 53 (message type) 2: an offer (RFC 2131, 3.1).
        Assert.Equal(2, offer[Dhcp]);
        Assert.Equal(0x12345678u, BinaryPrimitives.ReadUInt32BigEndian(offer.AsSpan(Dhcp + 4)));
        Assert.NotEqual(0u, BinaryPrimitives.ReadUInt32BigEndian(offer.AsSpan(Dhcp + 16)));
        Assert.True(offer.AsSpan(Dhcp + 240).IndexOf((ReadOnlySpan<byte>)[53, 1, 2]) >= 0);
        loop.Dispose();
    }

    [Fact]
    public async Task Passt_that_is_killed_is_told_with_how_it_ended()
    {
        using EventLoop loop = new("_net0");
        TaskCompletionSource<string> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PasstBackend passt = Start(loop, lost);
        _ = Linux.kill(passt.ProcessId, Linux.SIGKILL);
        string why = await lost.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"passt (process {passt.ProcessId}) is gone"), why, StringComparison.Ordinal);
        Assert.Contains("signal 9", why, StringComparison.Ordinal);
        loop.Dispose();
    }

    [Fact]
    public void Passt_is_gone_when_its_back_end_is_and_its_ports_are_free_again()
    {
        using EventLoop loop = new("_net0");
        int id;
        using (PasstBackend passt = Start(loop, new()))
            id = passt.ProcessId;
        Assert.False(Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}")));
    }

    private const int Ip = Ethernet, Udp = Ip + 20, Dhcp = Udp + 8;

    private static bool IsDhcp(byte[] frame) =>
        frame.Length > Dhcp + 240 && frame[12] == 8 && frame[13] == 0 && frame[Ip + 9] == 17 && BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(Udp + 2)) == 68;

    /// <summary>A client's first words (RFC 2131, table 5), in the smallest frames around them that hold.</summary>
    private static byte[] DhcpDiscover()
    {
        byte[] frame = new byte[Dhcp + 300];
        Span<byte> f = frame;
        f[..6].Fill(0xff);
        s_mac.CopyTo(f[6..]);
        f[12] = 8;
        f[Ip] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(f[(Ip + 2)..], (ushort)(frame.Length - Ip));
        f[Ip + 8] = 64;
        f[Ip + 9] = 17;
        f.Slice(Ip + 16, 4).Fill(0xff);
        uint sum = 0;
        for (int i = Ip; i < Udp; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(f[i..]);
        BinaryPrimitives.WriteUInt16BigEndian(f[(Ip + 10)..], (ushort)~((sum & 0xffff) + (sum >> 16)));
        BinaryPrimitives.WriteUInt16BigEndian(f[Udp..], 68);
        BinaryPrimitives.WriteUInt16BigEndian(f[(Udp + 2)..], 67);
        BinaryPrimitives.WriteUInt16BigEndian(f[(Udp + 4)..], (ushort)(frame.Length - Udp));
        // BOOTREQUEST over Ethernet, broadcast flag, magic cookie, option 53: 1 (discover), end.
        (f[Dhcp], f[Dhcp + 1], f[Dhcp + 2]) = (1, 1, 6);
        BinaryPrimitives.WriteUInt32BigEndian(f[(Dhcp + 4)..], 0x12345678);
        f[Dhcp + 10] = 0x80;
        s_mac.CopyTo(f[(Dhcp + 28)..]);
        ((ReadOnlySpan<byte>)[0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]).CopyTo(f[(Dhcp + 236)..]);
        return frame;
    }
}
