namespace Vmm.Migration.Protocol;

/// <summary>
/// The payload of <see cref="MessageType.Pages"/>, little-endian:
/// <code>
///  0  u32  round, from 0
///  4  u16  runs
///  6  u8   how the content is written: 0 as it is, 1 as one zstd frame
///  7  u8   0
///  8  u32  bytes of the content as it is written here
/// 12  u32  0
/// 16  the content: the pages of all runs that have any, one after the other
///  …  the runs, 16 bytes each:  u64 offset in RAM, u32 pages, u32 kind (0 they have content, 1 they are all zero)
/// </code>
/// The runs stand at the end because it is known last which pages are zero.
/// </summary>
internal static class PageMessage
{
    /// <summary>Bytes a page.</summary>
    public const int PageSize = 4096;

    /// <summary>The most pages with content: what fits a processor's own cache while it is copied, summed and sent.</summary>
    public const int MostPages = 64;

    /// <summary>The most runs.</summary>
    public const int MostRuns = 128;

    /// <summary>Bytes before the content.</summary>
    public const int PrefixSize = 16;

    /// <summary>Bytes a run.</summary>
    public const int RunSize = 16;

    /// <summary>Where the number of runs stands.</summary>
    public const int RunsAt = 4;

    /// <summary>Where it says how the content is written.</summary>
    public const int EncodingAt = 6;

    /// <summary>Where a 0 stands.</summary>
    public const int ReservedAt = 7;

    /// <summary>Where the length of the content stands.</summary>
    public const int ContentLengthAt = 8;

    /// <summary>Where another 0 stands.</summary>
    public const int SecondReservedAt = 12;

    /// <summary>In a run, where the number of pages stands.</summary>
    public const int RunPagesAt = 8;

    /// <summary>In a run, where its kind stands.</summary>
    public const int RunKindAt = 12;

    /// <summary>The content is as it is.</summary>
    public const byte Plain = 0;

    /// <summary>The content is one zstd frame (RFC 8878).</summary>
    public const byte Zstd = 1;

    /// <summary>The run's pages are in the content.</summary>
    public const uint HasContent = 0;

    /// <summary>The run's pages are zero.</summary>
    public const uint IsZero = 1;

    /// <summary>The most bytes of a message.</summary>
    public const uint LargestPayload = PrefixSize + MostPages * PageSize + MostRuns * RunSize;
}
