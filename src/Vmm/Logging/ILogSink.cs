using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>A place where the log goes. Called by one thread at a time.</summary>
internal interface ILogSink : IDisposable
{
    /// <summary>The least serious messages that it takes.</summary>
    LogLevel Level { get; }

    /// <summary>Writes one message.</summary>
    /// <returns>False when it is lost.</returns>
    bool Write(LogEntry entry);
}
