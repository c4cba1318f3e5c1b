namespace Vmm.Trace.Format;

/// <summary>What a block of a trace holds.</summary>
internal enum BlockKind : byte
{
    /// <summary>One vCPU's records.</summary>
    Records = 1,

    /// <summary>A time: all records up to it have come.</summary>
    Mark = 2,

    /// <summary>The last one: <see cref="TraceEnd"/> as JSON.</summary>
    End = 3,
}
