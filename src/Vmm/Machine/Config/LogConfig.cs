namespace Vmm.Machine.Config;

/// <summary>One place where the log goes.</summary>
internal sealed record LogConfig
{
    /// <summary>What kind of place.</summary>
    public LogTarget Target { get; set; }

    /// <summary>The file; the journal's socket, where it is not the usual one.</summary>
    public string? Path { get; set; }

    /// <summary>What its lines look like. The journal has its own form.</summary>
    public LogFormat Format { get; set; }

    /// <summary>The least serious messages it takes. Not given: what <c>log-level</c> says, or else the machine's life; on the standard error of a VM at a terminal, warnings.</summary>
    public LogThreshold? Level { get; set; }

    /// <summary>A file that would grow past this becomes <c>PATH.1</c>, in place of the one before. Not given: it grows.</summary>
    public ByteSize? Size { get; set; }
}
