namespace Vmm.Logging;

/// <summary>What became of the messages of a log so far.</summary>
/// <param name="Written">Lines that a place took; a message that goes to two places counts twice.</param>
/// <param name="Suppressed">Messages held back because their site had said enough.</param>
/// <param name="Dropped">Lines lost: a place is closed or full, or takes them too slowly.</param>
internal readonly record struct LogCounters(long Written, long Suppressed, long Dropped);
