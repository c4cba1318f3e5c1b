using Vmm.Migration.Sending;

namespace Vmm.Migration;

/// <summary>What is left to say of a migration that has ended, from here or to here.</summary>
internal sealed record MigrationReport
{
    /// <summary>How it ended.</summary>
    public required MigrationEnding Ending { get; init; }

    /// <summary>Where it was to go; null for one to here.</summary>
    public string? Destination { get; init; }

    /// <summary>Why it did not succeed; null when it did.</summary>
    public string? Error { get; init; }

    /// <summary>How long the guest was held, in milliseconds; null where that is not known.</summary>
    public double? DowntimeMilliseconds { get; init; }

    /// <summary>How long it took, in milliseconds; null where that is not known.</summary>
    public double? TotalMilliseconds { get; init; }

    /// <summary>Bytes that were sent, or of memory that came; null where that is not known.</summary>
    public long? Bytes { get; init; }

    /// <summary>Rounds over memory; null where that is not known.</summary>
    public int? Rounds { get; init; }

    /// <summary>Of one from here that succeeded.</summary>
    public static MigrationReport Of(string destination, MigrationResult result) => new()
    {
        Ending = MigrationEnding.Migrated,
        Destination = destination,
        DowntimeMilliseconds = result.Recovered ? null : result.DowntimeMilliseconds,
        TotalMilliseconds = result.TotalMilliseconds,
        Bytes = result.Sent,
        Rounds = result.Rounds,
    };

    /// <summary>Of one from here that did not.</summary>
    /// <param name="destination">Where it was to go.</param>
    /// <param name="failed">Why.</param>
    /// <param name="cancelled">Whether somebody gave it up.</param>
    /// <param name="last">How far it was.</param>
    public static MigrationReport Of(string destination, Exception failed, bool cancelled, MigrationProgress last) => new()
    {
        Ending = failed switch
        {
            CommitLostException => MigrationEnding.Undecided,
            PagesLostException => MigrationEnding.Lost,
            _ => cancelled ? MigrationEnding.Cancelled : MigrationEnding.Failed,
        },
        Destination = destination,
        Error = failed.Message,
        TotalMilliseconds = last.Elapsed,
        Bytes = last.Sent,
        Rounds = last.Round,
    };

    /// <summary>Of one to here.</summary>
    /// <param name="last">How far it was.</param>
    /// <param name="failed">Why it did not succeed; null when it did.</param>
    /// <param name="cancelled">Whether somebody here gave it up.</param>
    public static MigrationReport OfArrival(MigrationProgress last, Exception? failed = null, bool cancelled = false) => new()
    {
        Ending = failed is null ? MigrationEnding.Migrated : cancelled ? MigrationEnding.Cancelled : MigrationEnding.Failed,
        Error = failed?.Message,
        // What follows has been counted by nobody yet.
        Bytes = last.Sent > 0 ? last.Sent : null,
    };
}
