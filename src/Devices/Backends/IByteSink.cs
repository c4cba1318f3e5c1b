namespace Vmm.Devices.Backends;

/// <summary>Takes what a character device prints. Never blocks its caller: what the reader cannot take in time is buffered within a bound, then dropped and counted.</summary>
public interface IByteSink
{
    /// <summary>Hands over bytes; the span is not kept.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}
