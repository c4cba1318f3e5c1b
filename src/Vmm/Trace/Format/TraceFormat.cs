namespace Vmm.Trace.Format;

/// <summary>
/// A trace, as a file or on its way: a line that tells the format, a line of JSON (<see cref="TraceHeader"/>), then blocks.
/// A block is its kind, its length as 32 bits, little-endian, and that many bytes.
/// </summary>
/// <remarks>
/// A block of records is one vCPU's: its number, then records, each of which begins with its kind. Numbers are LEB128, signed ones
/// zigzag. What a record refers to (an instruction, a device) was defined earlier in the same vCPU's records. Times are
/// nanoseconds. A mark says that every record up to a time has been written: between two marks a reader sorts.
/// </remarks>
internal static class TraceFormat
{
    /// <summary>The first line.</summary>
    public const string Magic = "vmm-trace 1";

    /// <summary>The longest header line, in bytes.</summary>
    public const int LongestHeader = 1 << 20;

    /// <summary>The longest block, in bytes.</summary>
    public const int LongestBlock = 1 << 20;

    /// <summary>Bytes before a block's content: its kind and its length.</summary>
    public const int BlockHead = 5;

    /// <summary>The most bytes of one access that are kept: a string instruction may move a page at once.</summary>
    public const int MostData = 64;
}
