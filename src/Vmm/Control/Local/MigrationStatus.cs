using System.Globalization;
using Vmm.Migration;
using Vmm.Migration.Protocol;

namespace Vmm.Control.Local;

/// <summary>A migration of a VM that is under way, or that somebody has to take up again.</summary>
/// <param name="Stage">What it makes of the VM.</param>
/// <param name="Place">Where the other side is, or where it is waited for; null where that is not known here.</param>
/// <param name="Progress">How far it is; null where nobody knows.</param>
internal sealed record MigrationStatus(MigrationStage Stage, string? Place, MigrationProgress? Progress)
{
    /// <summary>That which is under way to another place.</summary>
    public static MigrationStatus Of(ActiveMigration migration)
    {
        MigrationProgress progress = migration.Progress;
        return new(progress.Phase is MigrationPhase.Pages or MigrationPhase.Recover ? MigrationStage.Left : MigrationStage.Leaving, migration.Destination, progress);
    }

    /// <summary>In words, for <c>vmm info</c>.</summary>
    /// <param name="name">The VM's name.</param>
    public string Text(string name) => Stage switch
    {
        MigrationStage.Leaving => string.Create(CultureInfo.InvariantCulture, $"to {Place}, round {Progress!.Round}: {Megabytes} left"),
        MigrationStage.Left => $"runs at {Place}, which still gets {Megabytes} of its memory from here",
        MigrationStage.Cut => $"runs at {Place}, and the link was lost before all of its memory was there: 'vmm migrate {name} {Place} --recover'",
        MigrationStage.Undecided => $"perhaps runs at {Place}, for the link was lost at the hand-over: see 'vmm resume {name}'",
        MigrationStage.Arriving => "it is on its way here",
        MigrationStage.Arrived => $"{Megabytes} of its memory are still to come",
        _ => $"{Megabytes} of its memory are missing, and the link is lost: 'vmm migrate … {Place} --recover' where it came from",
    };

    private string Megabytes => string.Create(CultureInfo.InvariantCulture, $"{(Progress?.Remaining ?? 0) / 1e6:0.0} MB");
}
