namespace Vmm.Bench.Exits;

/// <summary>How often a row is measured.</summary>
/// <param name="Batches">Machines that are started for it, one after the other.</param>
/// <param name="Turns">Samples of each.</param>
internal sealed record BatchSize(int Batches, int Turns)
{
    /// <summary>Fewest samples of a batch: rows that take long have fewer, but its median shall mean something.</summary>
    private const int Fewest = 20;

    /// <summary>What a first look takes: seconds.</summary>
    public static BatchSize Small { get; } = new(3, 200);

    /// <summary>Samples of a row's batch.</summary>
    public int TurnsOf(ExitRow row) => Math.Max(Fewest, Turns / row.Divisor);

    /// <summary>Turns before, unmeasured.</summary>
    public int WarmUpOf(ExitRow row) => Math.Max(Fewest / 2, TurnsOf(row) / 5);

    /// <summary>Pages that a row's guest touches.</summary>
    public ulong PagesOf(ExitRow row) => row.Pages == PageKind.None ? 0 : (ulong)(TurnsOf(row) + WarmUpOf(row));
}
