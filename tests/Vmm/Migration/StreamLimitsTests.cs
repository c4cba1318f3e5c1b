using System.Net.Sockets;
using System.Text;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Transport;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>What the other side may not bring about with well-formed messages.</summary>
public sealed class StreamLimitsTests
{
    private const ulong Page = PageMessage.PageSize;

    [Fact]
    [Trait("Row", "71")]
    public void Length_that_is_claimed_takes_no_memory_before_its_bytes_have_come()
    {
        using TempSocketPair pair = new();
        using Channel channel = Channel.Over(pair.Near, MessageRoute.ToDestination, TimeSpan.FromSeconds(20));
        byte[] header = new byte[FrameHeader.Size];
        FrameHeader.Write(header, MessageType.Missing, 0, []);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), 128 << 20);
        pair.Far.Send(header);
        pair.Far.Send(new byte[1000]);
        pair.Far.Shutdown(SocketShutdown.Send);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<LinkException>(() => channel.TryReceive(MigrationPhase.Rounds));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    [Trait("Row", "71")]
    public void Payload_of_several_pieces_comes_whole()
    {
        using TempSocketPair pair = new();
        using Channel near = Channel.Over(pair.Near, MessageRoute.ToDestination, TimeSpan.FromSeconds(20));
        using Channel far = Channel.Over(pair.Far, MessageRoute.ToSource, TimeSpan.FromSeconds(20));
        byte[] state = new byte[(5 << 20) + 3];
        new Random(1).NextBytes(state);
        Thread sender = new(() => far.Send(MessageType.State, state));
        sender.Start();
        Message message = near.Receive(MigrationPhase.Rounds);
        sender.Join();
        Assert.True(state.AsSpan().SequenceEqual(message.Payload));
    }

    [Theory]
    [Trait("Row", "84")]
    [InlineData("{\"reason\":\"x\",\"a\nb\":1}")]
    [InlineData("{\"reason\":\"x\",\"\\u001b[2J\":1}")]
    public void Refusal_of_a_message_is_one_line_whatever_its_fields_are_called(string json)
    {
        Message message = new(MessageType.Cancel, Encoding.UTF8.GetBytes(json));
        ProtocolException refused = Assert.Throws<ProtocolException>(() => message.As(MigrationJson.Default.ReasonMessage));
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Theory]
    [Trait("Row", "71")]
    [InlineData("{\"fault99\":1e999}")]
    [InlineData("{\"bandwidth\":-1e999}")]
    public void Progress_whose_numbers_could_not_be_passed_on_is_refused(string json)
    {
        Message message = new(MessageType.Progress, Encoding.UTF8.GetBytes(json));
        Assert.Contains("too large", Assert.Throws<ProtocolException>(() => ProgressMessage.Read(message)).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "75")]
    public void No_page_comes_after_the_state()
    {
        RoundBook book = new(1, 16 * Page, _ => { });
        PageRun[] page = [new(0, Page, IsZero: false)];
        book.Enter(0, 0, page);
        Assert.False(book.TryClose());
        book.End(0, 0);
        Assert.True(book.TryClose());
        Assert.Throws<ProtocolException>(() => book.Enter(0, 1, page));
        Assert.Throws<ProtocolException>(() => book.End(0, 1));
    }

    [Fact]
    [Trait("Row", "75")]
    public void No_round_ends_on_the_connection_for_pages_that_are_waited_for()
    {
        RoundBook book = new(1, 16 * Page, _ => { });
        Assert.Throws<ProtocolException>(() => book.End(1, 0));
        book.End(0, 0);
    }

    [Fact]
    [Trait("Row", "81")]
    public void Page_that_is_not_missing_is_an_error_and_does_not_count_as_one_that_is()
    {
        MemoryFolder.RequireUserfault();
        using MigrationRig rig = new() { Options = new() { Mode = MigrationMode.Postcopy, Patience = TimeSpan.FromSeconds(10) } };
        rig.Source.Bytes.Fill(7);
        bool changed = false;
        // The list that is told has one page less than the one that is sent.
        using TamperingRelay relay = new(rig.Folder, rig.Place, towardsTarget: true, (type, message) =>
        {
            if (type == MessageType.Missing)
            {
                message[FrameHeader.Size] ^= 1;
                FrameHeader.Write(message, type, System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(8)), message.AsSpan(FrameHeader.Size));
                changed = true;
            }
            return [message];
        });
        rig.Place = relay.Place;
        string? lost = null;
        rig.TargetLost = why => lost = why;
        rig.Run();
        Assert.True(changed);
        Assert.Contains("was not missing", lost ?? rig.TargetFault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Row", "75")]
    public void Who_goes_on_talking_instead_of_giving_a_reason_is_not_listened_to_for_ever()
    {
        using TempSocketPair pair = new();
        using Channel near = Channel.Over(pair.Near, MessageRoute.ToDestination, TimeSpan.FromSeconds(20));
        Channel far = Channel.Over(pair.Far, MessageRoute.ToSource, TimeSpan.FromSeconds(20));
        Thread talker = new(() =>
        {
            try
            {
                while (true)
                    far.Send(MessageType.Progress, new MigrationProgress(), MigrationJson.Default.MigrationProgress);
            }
            catch (LinkException)
            {
                // Nobody listens any more.
            }
        });
        talker.IsBackground = true;
        talker.Start();
        Thread listener = new(() => Assert.Null(near.TryHearReason(MigrationPhase.Rounds)));
        listener.IsBackground = true;
        listener.Start();
        Assert.True(listener.Join(TimeSpan.FromSeconds(30)), "it goes on listening");
        near.Dispose();
        talker.Join();
        far.Dispose();
    }

    /// <summary>Two sockets that are connected.</summary>
    private sealed class TempSocketPair : IDisposable
    {
        public TempSocketPair()
        {
            string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            Far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            Far.Connect(new UnixDomainSocketEndPoint(path));
            Near = listener.Accept();
            File.Delete(path);
        }

        public Socket Near { get; }

        public Socket Far { get; }

        public void Dispose()
        {
            Near.Dispose();
            Far.Dispose();
        }
    }
}
