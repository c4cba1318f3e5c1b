namespace Vmm.Trace.Recording;

/// <summary>A trace that goes to a file.</summary>
/// <param name="stream">The file; whoever made it closes it.</param>
internal sealed class StreamSink(Stream stream) : ITraceSink
{
    /// <inheritdoc/>
    public string? TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
            return null;
        }
        // The runtime has its own word for a file over the user's limit (EFBIG).
        catch (Exception failed) when (failed is IOException or ArgumentOutOfRangeException or UnauthorizedAccessException)
        {
            return $"it could not be written: {failed.Message}";
        }
    }
}
