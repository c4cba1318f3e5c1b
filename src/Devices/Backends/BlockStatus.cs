namespace Vmm.Devices.Backends;

/// <summary>How a <see cref="BlockRequest"/> ended.</summary>
public enum BlockStatus
{
    /// <summary>All of it was done.</summary>
    Ok,

    /// <summary>It failed; how much of it was done is not known. Later requests are served as usual.</summary>
    IoError,

    /// <summary>The back end cannot do this kind of request; nothing was done.</summary>
    Unsupported,
}
