using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>What one part of vmm says.</summary>
/// <param name="log">Where it goes.</param>
/// <param name="category">The part's name.</param>
internal sealed class VmmLogger(VmmLog log, string category) : ILogger
{
    /// <summary>The web server and its kind say at every level more than they are asked.</summary>
    private const string Framework = "Microsoft.";

    private readonly bool _isFramework = category.StartsWith(Framework, StringComparison.Ordinal);

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && Level(logLevel) >= log.Level;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        IReadOnlyList<KeyValuePair<string, object?>>? values = state as IReadOnlyList<KeyValuePair<string, object?>>;
        LogSite site = new(category, eventId.Id, Device(values));
        if (log.MayPass(site, Level(logLevel), eventId.Name))
            log.Add(category, Level(logLevel), eventId, formatter(state, exception), values, exception);
    }

    private LogLevel Level(LogLevel level) => _isFramework && level is > LogLevel.Trace and < LogLevel.Error ? level - 1 : level;

    private static string Device(IReadOnlyList<KeyValuePair<string, object?>>? values)
    {
        for (int i = 0; i < values?.Count; i++)
        {
            if (values[i] is { Key: VmmLog.DeviceField, Value: string device })
                return device;
        }
        return "";
    }
}
