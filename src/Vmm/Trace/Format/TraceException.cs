using Vmm.Host;

namespace Vmm.Trace.Format;

/// <summary>A trace that cannot be read.</summary>
/// <param name="message">Where it is wrong, and how.</param>
internal sealed class TraceException(string message) : VmmException(message);
