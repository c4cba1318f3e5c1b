using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>Tells the user when a guest's driver broke a device's rules. Rate-limited for each device, for guests can do it at will.</summary>
/// <param name="logger">Where to.</param>
/// <param name="clock">Tells the time.</param>
internal sealed partial class DeviceLog(ILogger logger, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RateLimit> _limits = new(StringComparer.Ordinal);
    private Task _writing = Task.CompletedTask;

    /// <summary>A device stopped and waits for a reset. Any thread; never blocks: lines are written elsewhere, in order.</summary>
    /// <param name="device">Its name.</param>
    /// <param name="what">What the driver did.</param>
    public void DriverFault(string device, string what)
    {
        RateLimit? limit;
        lock (_lock)
        {
            if (!_limits.TryGetValue(device, out limit))
                _limits[device] = limit = new RateLimit(clock);
        }
        if (!limit.TryPass(out long held))
            return;
        lock (_lock)
            _writing = _writing.ContinueWith(_ => Write(device, what, held), TaskScheduler.Default);
    }

    /// <summary>Waits for what is being written, but not for ever.</summary>
    public void Dispose()
    {
        lock (_lock)
            _writing.Wait(s_patience);
    }

    private void Write(string device, string what, long held)
    {
        if (held > 0)
            LogHeld(logger, device, held);
        LogDriverFault(logger, device, what);
    }

    [LoggerMessage(1, LogLevel.Warning, "{Device}: its driver broke the rules ({What}); the device waits for a reset")]
    private static partial void LogDriverFault(ILogger logger, string device, string what);

    [LoggerMessage(2, LogLevel.Warning, "{Device}: {Held} more faults like the next were not shown")]
    private static partial void LogHeld(ILogger logger, string device, long held);
}
