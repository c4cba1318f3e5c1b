using System.Globalization;
using Vmm.Migration;

namespace Vmm.Control;

/// <summary>What is told of a migration while it is under way.</summary>
internal static class MigrationEvents
{
    /// <summary>Tells of a round of memory that is over.</summary>
    /// <param name="events">Tells it.</param>
    /// <param name="destination">Where memory goes.</param>
    /// <param name="round">What the round has shown, and what is left for the next.</param>
    public static void PublishRound(this EventHub events, string destination, MigrationProgress round) => events.Publish("vm", "migration-round",
        ("destination", destination),
        ("round", round.Round.ToString(CultureInfo.InvariantCulture)),
        ("sent-bytes", round.Sent.ToString(CultureInfo.InvariantCulture)),
        ("remaining-bytes", round.Remaining.ToString(CultureInfo.InvariantCulture)),
        ("dirty-bytes-per-second", round.DirtyRate.ToString("0", CultureInfo.InvariantCulture)),
        ("bandwidth-bytes-per-second", round.Bandwidth.ToString("0", CultureInfo.InvariantCulture)),
        ("projected-downtime-ms", round.ProjectedDowntime.ToString("0.0", CultureInfo.InvariantCulture)));
}
