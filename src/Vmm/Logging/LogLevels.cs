using Microsoft.Extensions.Logging;
using Vmm.Machine.Config;

namespace Vmm.Logging;

/// <summary>The levels as users write them, and as the logging library knows them.</summary>
internal static class LogLevels
{
    /// <summary>The library's level for a user's.</summary>
    public static LogLevel Of(LogThreshold threshold) => threshold switch
    {
        LogThreshold.Error => LogLevel.Error,
        LogThreshold.Warning => LogLevel.Warning,
        LogThreshold.Info => LogLevel.Information,
        LogThreshold.Debug => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    /// <summary>The user's level for one of the library.</summary>
    public static LogThreshold Threshold(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => LogThreshold.Error,
        LogLevel.Warning => LogThreshold.Warning,
        LogLevel.Information => LogThreshold.Info,
        LogLevel.Debug => LogThreshold.Debug,
        _ => LogThreshold.Trace,
    };

    /// <summary>syslog(3): the priority of the journal.</summary>
    public static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
