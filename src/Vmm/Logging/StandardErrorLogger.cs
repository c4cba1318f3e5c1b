using Microsoft.Extensions.Logging;

namespace Vmm.Logging;

/// <summary>Warnings and errors as lines on standard error, in the form of all that vmm says there. A reader that is gone loses them, nothing else.</summary>
/// <param name="machine">The machine's name, which begins each line.</param>
internal sealed class StandardErrorLogger(string machine) : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        try
        {
            System.Console.Error.Write($"vmm: {machine}: {formatter(state, exception)}\n");
        }
        catch (IOException)
        {
            // Closed or full.
        }
    }
}
