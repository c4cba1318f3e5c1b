namespace Vmm.Snapshot;

/// <summary>Times of files as a snapshot keeps them.</summary>
internal static class FileTimes
{
    private const long NanosecondsPerTick = 100;

    /// <summary>When a file was written last.</summary>
    public static long Of(string path) => Nanoseconds(File.GetLastWriteTimeUtc(path));

    /// <summary>Nanoseconds since 1970, in steps of 100.</summary>
    public static long Nanoseconds(DateTime time) => (time - DateTime.UnixEpoch).Ticks * NanosecondsPerTick;
}
