namespace Vmm.Network.Passt;

/// <summary>What became of a look at a stream.</summary>
internal enum StreamStatus
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>Not now: there is nothing to read, or no room to write.</summary>
    WouldBlock,

    /// <summary>The other end is gone.</summary>
    Ended,

    /// <summary>The other end sent a length that no frame has; where the next frame begins cannot be known.</summary>
    Broken,
}
