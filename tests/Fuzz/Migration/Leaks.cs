using Xunit;

namespace Vmm.Tests.Fuzz.Migration;

/// <summary>Counts this process's descriptors and threads: migrations that failed leave none.</summary>
internal sealed class Leaks : IDisposable
{
    /// <summary>The runtime's own come and go.</summary>
    private const int Few = 16;

    private static readonly TimeSpan s_wayOut = TimeSpan.FromSeconds(10);

    private readonly int _descriptors = Descriptors().Count;
    private readonly int _threads = Threads;

    private static int Threads => Directory.EnumerateDirectories("/proc/self/task").Count();

    public void Dispose()
    {
        // The last connections' threads may be on their way out still; what leaks stays, and grows with every migration.
        SpinWait.SpinUntil(() => Descriptors().Count <= _descriptors + Few && Threads <= _threads + Few, s_wayOut);
        List<string> left = Descriptors();
        Assert.True(left.Count <= _descriptors + Few, $"{_descriptors} descriptors became {Kinds(left)}");
        Assert.InRange(Threads, 0, _threads + Few);
    }

    /// <summary>What each is of. Code that is loaded meanwhile stays, and is not counted: each file of it has two.</summary>
    private static List<string> Descriptors() => [.. Directory.EnumerateFiles("/proc/self/fd")
        .Select(path => new FileInfo(path).LinkTarget ?? "closed meanwhile")
        .Where(target => Path.GetExtension(target) is not (".dll" or ".pdb"))];

    /// <summary>How many there are of each kind.</summary>
    private static string Kinds(List<string> descriptors) => string.Join(", ", descriptors
        .GroupBy(target => target.Split('[')[0])
        .Select(group => $"{group.Count()} of {group.Key}"));
}
