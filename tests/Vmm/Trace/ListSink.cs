using Vmm.Trace.Recording;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>Keeps a trace, until it has had enough.</summary>
/// <param name="most">From so many bytes on it takes nothing more.</param>
internal sealed class ListSink(int most = int.MaxValue) : ITraceSink
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    public string? TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Count + bytes.Length > most)
            return "no room";
        _bytes.AddRange(bytes);
        return null;
    }
}
