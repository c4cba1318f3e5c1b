using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

public sealed class StreamSinkTests
{
    /// <summary>The runtime tells of a file over the user's limit (ulimit -f) by an exception of its own: the guest goes on all the same.</summary>
    [Fact]
    public void File_that_can_take_no_more_ends_the_trace_with_the_reason()
    {
        using FullStream stream = new();
        Assert.Contains("too large", new StreamSink(stream).TryWrite([1]), StringComparison.Ordinal);
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new ArgumentOutOfRangeException(nameof(buffer), "the file would be too large");
    }
}
