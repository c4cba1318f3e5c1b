using System.Buffers.Text;

namespace Vmm.Host;

/// <summary>Where a thread's time went, as the kernel accounts it; in nanoseconds.</summary>
/// <remarks>
/// <see cref="Cpu"/> and <see cref="Waiting"/> are exact: the scheduler counts them at every switch. The other three come
/// from /proc/PID/task/TID/stat in ticks of 10 ms, and a kernel that samples finds them by what a timer interrupt hit: a
/// short guest shows nothing. Guest time is what KVM marks as such; whether a KVM without VT-x or SVM does has not been
/// measured. So who needs a vCPU's share in the guest takes <see cref="Cpu"/> less the time of its exits.
/// </remarks>
/// <param name="Cpu">On a processor.</param>
/// <param name="Waiting">Runnable, and no processor was free.</param>
/// <param name="Guest">Within a guest.</param>
/// <param name="User">In user mode; guest time not included.</param>
/// <param name="System">In the kernel.</param>
internal sealed record ThreadTimes(long Cpu, long Waiting, long Guest, long User, long System)
{
    /// <summary>sysconf(_SC_CLK_TCK) is 100 on every x86 Linux: USER_HZ, part of the ABI.</summary>
    private const long TickNanoseconds = 1_000_000_000 / 100;

    /// <summary>proc(5), /proc/pid/stat; fields are numbered from 1, and the name that may hold anything is the second.</summary>
    private const int FirstFieldAfterName = 3;
    private const int UserField = 14;
    private const int SystemField = 15;
    private const int GuestField = 43;

    /// <summary>Longer than any stat line: 52 fields of at most 20 digits.</summary>
    private const int LongestLine = 1152;

    /// <summary>Of a thread that has not run, or is gone.</summary>
    public static ThreadTimes None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>Asks the kernel about a thread of any process.</summary>
    /// <returns>What the kernel tells; zeros for a thread that is gone, or what this kernel does not account.</returns>
    public static ThreadTimes Read(int process, int thread)
    {
        Span<byte> text = stackalloc byte[LongestLine];
        string folder = $"/proc/{process}/task/{thread}";
        ThreadTimes stat = ParseStat(text[..ProcFile.Read($"{folder}/stat", text)]);
        (long cpu, long waiting) = ParseSchedule(text[..ProcFile.Read($"{folder}/schedstat", text)]);
        return stat with { Cpu = cpu, Waiting = waiting };
    }

    /// <summary>Reads a line of schedstat: time on a processor, time waiting for one, times it was scheduled.</summary>
    internal static (long Cpu, long Waiting) ParseSchedule(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        long cpu = Take(ref rest);
        return (cpu, Take(ref rest));
    }

    /// <summary>Reads a line of stat; <see cref="Cpu"/> and <see cref="Waiting"/> are not in it.</summary>
    internal static ThreadTimes ParseStat(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line[(line.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        long user = 0;
        long system = 0;
        for (int field = FirstFieldAfterName; !rest.IsEmpty; field++)
        {
            long value = Take(ref rest) * TickNanoseconds;
            switch (field)
            {
                case UserField:
                    user = value;
                    break;
                case SystemField:
                    system = value;
                    break;
                case GuestField:
                    return new ThreadTimes(0, 0, value, Math.Max(0, user - value), system);
            }
        }
        return None;
    }

    /// <summary>Takes the next word; 0 when it is no number.</summary>
    private static long Take(ref ReadOnlySpan<byte> rest)
    {
        _ = Utf8Parser.TryParse(rest, out long value, out _);
        int end = rest.IndexOf((byte)' ');
        rest = end < 0 ? [] : rest[(end + 1)..];
        return value;
    }
}
