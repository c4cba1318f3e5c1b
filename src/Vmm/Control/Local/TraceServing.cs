using Vmm.Trace.Recording;

namespace Vmm.Control.Local;

/// <summary>A trace on a connection, the VM's side: the answer first, then the trace as it is. A byte from the client, or its end, ends it.</summary>
internal sealed class TraceServing(ControlStream stream) : ITraceSink
{
    /// <summary>A vCPU waits while its records are sent, and a pause waits for the vCPU, with less patience than it has in all.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private bool _answered;

    /// <inheritdoc/>
    public string? TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (!_answered)
        {
            _answered = true;
            if (!stream.TrySend(new ControlReply(), ControlJson.Default.ControlReply))
                return "who watched is gone";
        }
        return stream.TrySend(bytes, s_patience) ? null : "who watched is gone, or too slow";
    }

    /// <summary>Whether the client has enough.</summary>
    /// <param name="limit">How long to wait for that.</param>
    public bool HadEnough(TimeSpan limit) => stream.WaitForMore(limit);
}
