namespace Vmm.Logging;

/// <summary>A place that logs: what is rate-limited and counted by itself.</summary>
/// <param name="Category">The part of vmm, such as <c>machine</c>.</param>
/// <param name="EventId">The message's number there.</param>
/// <param name="Device">The device it is about, or nothing.</param>
internal readonly record struct LogSite(string Category, int EventId, string Device);
