namespace Vmm.Devices.Backends;

/// <summary>What came of reading from or writing to an <see cref="IVsockStream"/>.</summary>
public enum VsockIo
{
    /// <summary>Some bytes were moved.</summary>
    Ok,

    /// <summary>None can be moved now.</summary>
    WouldBlock,

    /// <summary>No more will ever be moved this way: the host ended it.</summary>
    End,

    /// <summary>The host tore the connection down; what was under way is lost.</summary>
    Broken,
}
