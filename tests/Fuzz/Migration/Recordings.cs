using System.Text;
using Vmm.Migration;
using Vmm.Migration.Protocol;
using Vmm.Migration.Sending;
using Vmm.Tests.Vmm.Migration;
using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>Migrations that went well, as they were said.</summary>
internal static class Recordings
{
    /// <summary>Small enough that all of it fits into a socket's buffer: who plays a side need not read while it writes.</summary>
    public const ulong Memory = 16 * PageMessage.PageSize;

    /// <summary>Longer than anything here takes, shorter than a test may hang.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>What the guest does between two looks at its log: so two rounds have content.</summary>
    public static void Work(FakeGuest guest)
    {
        guest.Write(3 * PageMessage.PageSize, 77);
        guest.Write(9 * PageMessage.PageSize + 5, 78);
    }

    /// <summary>Fills a guest's memory: pages alike, different and empty.</summary>
    public static void Fill(FakeGuest guest)
    {
        guest.Bytes[..(8 * PageMessage.PageSize)].Fill(7);
        new Random(1).NextBytes(guest.Bytes.Slice(10 * PageMessage.PageSize, 3 * PageMessage.PageSize));
    }

    /// <summary>The destination's machine touches a page as it takes the state over, which is missing by then.</summary>
    public static void Touch(FakeGuest guest) => guest.Ram.TryRead(new global::Vmm.Guest.Memory.GuestAddress(3 * PageMessage.PageSize), new byte[1]);

    /// <summary>Migrates, and tells what was said.</summary>
    /// <param name="options">How.</param>
    /// <param name="recovers">Whether the link is lost while pages follow, and the migration taken up again.</param>
    public static IReadOnlyList<Recorded> Take(MigrationOptions options, bool recovers = false)
    {
        using MigrationRig rig = new(Memory) { Options = options with { Patience = Patience } };
        Fill(rig.Source);
        rig.Source.Works = Work;
        if (options.MayPostCopy && !recovers)
            rig.Target.Restores = Touch;
        using StreamRecorder recorder = new(rig.Folder, rig.Place, recovers);
        rig.Place = recorder.Place;
        if (!recovers)
        {
            rig.Run();
            Assert.Null(rig.SourceFault);
            Assert.Null(rig.TargetFault);
            return recorder.Log;
        }
        using ManualResetEvent lost = new(initialState: false);
        rig.TargetWaits = () => lost.Set();
        Thread run = new(() => rig.Run());
        run.Start();
        Assert.True(lost.WaitOne(Patience), "the destination does not wait for the source");
        Assert.True(SpinWait.SpinUntil(() => rig.SourceFault is not null, Patience));
        rig.Recover(Assert.IsType<PagesLostException>(rig.SourceFault).Ticket);
        run.Join();
        Assert.Null(rig.TargetFault);
        return recorder.Log;
    }

    /// <summary>A migration that hands the memory over: the descriptor that goes along is the player's to make.</summary>
    public static IReadOnlyList<Recorded> Local(IReadOnlyList<Recorded> precopy)
    {
        List<Recorded> log = [];
        foreach (Recorded message in precopy.Where(message => message.Connection == 0 && message.Type != MessageType.RoundDone))
        {
            if (message.Type == MessageType.Attached)
                continue;
            if (message.Type != MessageType.Offer)
            {
                log.Add(message);
                continue;
            }
            log.Add(message with { Payload = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(message.Payload).Replace("\"local\":false", "\"local\":true", StringComparison.Ordinal)) });
            log.Add(new Recorded(0, FromSource: true, MessageType.Memory, []));
        }
        return log;
    }
}
