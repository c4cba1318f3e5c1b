using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>Counts this process's descriptors and threads: migrations that failed leave none.</summary>
internal sealed class Leaks : IDisposable
{
    /// <summary>The runtime's own come and go.</summary>
    private const int Few = 16;

    private static readonly TimeSpan s_wayOut = TimeSpan.FromSeconds(10);

    private readonly int _descriptors = Count("fd");
    private readonly int _threads = Count("task");

    public void Dispose()
    {
        // The last connections' threads may be on their way out still; what leaks stays, and grows with every migration.
        SpinWait.SpinUntil(() => Count("fd") <= _descriptors + Few && Count("task") <= _threads + Few, s_wayOut);
        Assert.True(Count("fd") <= _descriptors + Few, $"{_descriptors} descriptors became {Kinds()}");
        Assert.InRange(Count("task"), 0, _threads + Few);
    }

    private static int Count(string what) => Directory.EnumerateFileSystemEntries($"/proc/self/{what}").Count();

    /// <summary>How many there are of each kind.</summary>
    private static string Kinds() => string.Join(", ", Directory.EnumerateFiles("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget?.Split('[')[0] ?? "closed meanwhile")
        .GroupBy(kind => kind)
        .Select(group => $"{group.Count()} of {group.Key}"));
}
