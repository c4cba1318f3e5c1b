namespace Vmm.Migration.Protocol;

/// <summary>Which message may come when, on which way, and how long it may be. Everything else ends the migration.</summary>
internal static class PhaseRules
{
    /// <summary>JSON with a reason or a few numbers.</summary>
    private const uint SmallText = 16 << 10;

    /// <summary>A machine's description and CPUID record.</summary>
    private const uint LargestOffer = 4 << 20;

    /// <summary>A bit for each page of 4 TiB.</summary>
    private const uint LargestBitmap = 128 << 20;

    /// <summary>Whether a message may come.</summary>
    /// <param name="phase">Where who receives it is.</param>
    /// <param name="route">The way it comes.</param>
    /// <param name="type">The message.</param>
    public static bool Allows(MigrationPhase phase, MessageRoute route, MessageType type) => (route, type, phase) switch
    {
        (MessageRoute.ToDestination, MessageType.Hello, MigrationPhase.Hello) => true,
        // Answered with a refusal: no migration waits there to be taken up again; and no other one is waited for.
        (MessageRoute.ToDestination, MessageType.Recover, MigrationPhase.Hello) => true,
        (MessageRoute.ToDestination, MessageType.Hello, MigrationPhase.Recover) => true,
        (MessageRoute.ToDestination, MessageType.Offer or MessageType.Memory, MigrationPhase.Offer) => true,
        (MessageRoute.ToDestination, MessageType.Progress, >= MigrationPhase.Channels and <= MigrationPhase.Commit or MigrationPhase.Pages) => true,
        (MessageRoute.ToDestination, MessageType.Missing, MigrationPhase.Rounds) => true,
        (MessageRoute.ToDestination, MessageType.Complete, MigrationPhase.Pages) => true,
        (MessageRoute.ToDestination, MessageType.State, MigrationPhase.Rounds or MigrationPhase.Missing) => true,
        (MessageRoute.ToDestination, MessageType.Recover, MigrationPhase.Recover) => true,
        (MessageRoute.ToDestination, MessageType.Commit, MigrationPhase.Commit) => true,
        (MessageRoute.ToDestination, MessageType.Cancel, >= MigrationPhase.Offer and <= MigrationPhase.Commit) => true,

        (MessageRoute.ToSource, MessageType.Welcome, MigrationPhase.Hello) => true,
        (MessageRoute.ToSource, MessageType.Accept, MigrationPhase.Offer) => true,
        (MessageRoute.ToSource, MessageType.Refuse, MigrationPhase.Hello or MigrationPhase.Offer or MigrationPhase.Recover) => true,
        (MessageRoute.ToSource, MessageType.Attached, MigrationPhase.Channels or MigrationPhase.Recover) => true,
        (MessageRoute.ToSource, MessageType.RoundDone, MigrationPhase.Rounds or MigrationPhase.LastRound) => true,
        (MessageRoute.ToSource, MessageType.Ready, MigrationPhase.State) => true,
        (MessageRoute.ToSource, MessageType.Started, MigrationPhase.Started) => true,
        (MessageRoute.ToSource, MessageType.Failed, >= MigrationPhase.Channels and <= MigrationPhase.Started) => true,
        // From the moment at which pages are missing, the machine may touch one: as its state is taken over, too.
        (MessageRoute.ToSource, MessageType.PageRequest, MigrationPhase.State or MigrationPhase.Started or MigrationPhase.Pages) => true,
        (MessageRoute.ToSource, MessageType.Progress or MessageType.Complete, MigrationPhase.Pages) => true,
        (MessageRoute.ToSource, MessageType.Missing, MigrationPhase.Recover) => true,

        (MessageRoute.Memory, MessageType.Attach, MigrationPhase.Channels) => true,
        (MessageRoute.Memory, MessageType.Pages or MessageType.RoundEnd, MigrationPhase.Rounds or MigrationPhase.Pages) => true,
        _ => false,
    };

    /// <summary>The most bytes of a message, checked before any are taken.</summary>
    public static uint LargestPayload(MessageType type) => type switch
    {
        MessageType.Hello or MessageType.Welcome or MessageType.Refuse or MessageType.Attach or MessageType.Recover or MessageType.Progress or MessageType.Cancel or MessageType.Failed => SmallText,
        MessageType.Offer => LargestOffer,
        MessageType.Pages => PageMessage.LargestPayload,
        MessageType.RoundEnd or MessageType.RoundDone => sizeof(uint),
        MessageType.PageRequest => sizeof(ulong),
        MessageType.State => Snapshot.State.StateFile.LargestSize,
        MessageType.Missing => LargestBitmap,
        _ => 0,
    };
}
