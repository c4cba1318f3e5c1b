using System.Globalization;
using Vmm.Host;

namespace Vmm.Cli.Machines;

/// <summary>Tells of strangers whom a receiver has sent away: at once where standard error is the user's, and else when a guest has come, whose log standard error is then.</summary>
/// <param name="inBackground">Whether it is to wait for a log.</param>
internal sealed class SentAway(bool inBackground)
{
    /// <summary>Those that came last tell most.</summary>
    private const int Most = 16;

    private readonly Queue<string> _kept = [];

    /// <summary>One was sent away.</summary>
    public void Add(string why)
    {
        if (!inBackground)
        {
            StandardError.Write($"vmm: {why}\n");
            return;
        }
        lock (_kept)
        {
            if (_kept.Count == Most)
                _kept.Dequeue();
            _kept.Enqueue(string.Create(CultureInfo.InvariantCulture, $"vmm: {DateTimeOffset.Now:yyyy-MM-dd HH:mm:ss}: {why}\n"));
        }
    }

    /// <summary>There is a log now.</summary>
    public void Tell()
    {
        lock (_kept)
        {
            while (_kept.TryDequeue(out string? line))
                StandardError.Write(line);
        }
    }
}
