namespace Vmm.Trace.Recording;

/// <summary>Where a trace goes.</summary>
internal interface ITraceSink
{
    /// <summary>Writes bytes, all of them. One caller at a time.</summary>
    /// <returns>Why it could not; null when it did. Nothing is written after a failure.</returns>
    string? TryWrite(ReadOnlySpan<byte> bytes);
}
