using System.Buffers.Text;
using Vmm.Host;

namespace Vmm.Metrics;

/// <summary>Asks the kernel what this process uses.</summary>
internal static class ProcessReader
{
    private const long Kibibyte = 1024;

    /// <summary>Longer than any of the files that are read here; they have some 60 lines of at most 60 letters.</summary>
    private const int LongestFile = 4096;

    /// <summary>Asks. What the kernel does not tell is 0.</summary>
    /// <param name="guestBytes">The part of the process's memory in RAM that is the guest's.</param>
    public static ProcessMetrics Read(long guestBytes)
    {
        Span<byte> text = stackalloc byte[LongestFile];
        // Private memory is what two values of this file add up to, whatever is shared with whom.
        ReadOnlySpan<byte> sums = text[..ProcFile.Read("/proc/self/smaps_rollup", text)];
        long privateBytes = Kibibyte * (Field(sums, "Private_Clean:"u8) + Field(sums, "Private_Dirty:"u8) + Field(sums, "Private_Hugetlb:"u8));
        long resident = Kibibyte * Field(sums, "Rss:"u8);
        ReadOnlySpan<byte> status = text[..ProcFile.Read("/proc/self/status", text)];
        return new ProcessMetrics
        {
            ResidentBytes = resident,
            PrivateBytes = privateBytes,
            OverheadBytes = Math.Max(0, privateBytes - guestBytes),
            CpuNs = Environment.CpuUsage.TotalTime.Ticks * TimeSpan.NanosecondsPerTick,
            Threads = (int)Field(status, "Threads:"u8),
            OpenFds = CountDescriptors(),
        };
    }

    /// <summary>The number behind a name at the start of a line; 0 when there is no such line.</summary>
    internal static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range];
            if (line.StartsWith(name))
                return Utf8Parser.TryParse(line[name.Length..].TrimStart(" \t"u8), out long value, out _) ? value : 0;
        }
        return 0;
    }

    private static int CountDescriptors()
    {
        try
        {
            // One of them is the folder's own.
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;
        }
        catch (IOException)
        {
            // None is left to open the folder with.
            return 0;
        }
    }
}
