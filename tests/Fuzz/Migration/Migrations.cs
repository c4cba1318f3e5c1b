using Vmm.Migration;
using Vmm.Tests.Vmm.Snapshot.Memory;
using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>The migrations that things are done to, each recorded once.</summary>
internal sealed record Migrations
{
    private static readonly Dictionary<string, Migrations> s_known = [];

    /// <summary>How it went.</summary>
    public required MigrationOptions Options { get; init; }

    /// <summary>What was said.</summary>
    public required IReadOnlyList<Recorded> Log { get; init; }

    /// <summary>Whether the link is lost while pages follow.</summary>
    public bool Recovers { get; init; }

    /// <summary>Whether the destination touches a page that is missing.</summary>
    public bool Touches => Options.MayPostCopy && !Recovers;

    /// <summary>Whether all memory comes in rounds, uncompressed.</summary>
    public bool HasPlainRounds => Options is { Mode: MigrationMode.Precopy, Zstd: false };

    public static TheoryData<string> Names => ["precopy", "zstd", "postcopy", "hybrid", "recovery", "local"];

    public static Migrations Of(string name)
    {
        if (name is "postcopy" or "hybrid" or "recovery")
            MemoryFolder.RequireUserfault();
        if (!s_known.TryGetValue(name, out Migrations? known))
            s_known[name] = known = Take(name);
        return known;
    }

    private static Migrations Take(string name)
    {
        MigrationOptions options = name switch
        {
            "precopy" => new() { Connections = 2 },
            "zstd" => new() { Zstd = true },
            // It never fits.
            "hybrid" => new() { Mode = MigrationMode.Hybrid, Downtime = TimeSpan.FromTicks(1) },
            "local" => new() { Mode = MigrationMode.Local },
            _ => new() { Mode = MigrationMode.Postcopy, Connections = 2 },
        };
        bool recovers = name == "recovery";
        return new Migrations
        {
            Options = options,
            Recovers = recovers,
            Log = name == "local" ? Recordings.Local(Recordings.Take(new())) : Recordings.Take(options, recovers),
        };
    }
}
