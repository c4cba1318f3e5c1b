namespace Vmm.Devices.Backends;

/// <summary>What a <see cref="BlockRequest"/> asks for.</summary>
public enum BlockOperation
{
    /// <summary>Fill the segments from the disk.</summary>
    Read,

    /// <summary>Store the segments on the disk.</summary>
    Write,

    /// <summary>Make every write that completed before this request survive a power cut.</summary>
    Flush,

    /// <summary>The content of the ranges is no longer needed; what they read afterwards is undefined.</summary>
    Discard,

    /// <summary>The ranges read as zeros afterwards.</summary>
    WriteZeroes,
}
