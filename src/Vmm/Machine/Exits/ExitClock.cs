using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Vmm.Host;

namespace Vmm.Machine.Exits;

/// <summary>
/// What exits are timed by: the processor's time stamp counter where the kernel itself goes by it, for less than half of what the
/// system's clock costs; else the system's clock, as by default.
/// </summary>
internal readonly unsafe struct ExitClock
{
    private const double NanosecondsPerMillisecond = 1e6;

    private readonly delegate* unmanaged[SuppressGCTransition]<ulong> _counter;
    private readonly double _nanoseconds;

    private ExitClock(uint khz)
    {
        _counter = HostCode.ReadTsc;
        _nanoseconds = NanosecondsPerMillisecond / khz;
    }

    /// <summary>The best that this host has.</summary>
    /// <param name="khz">How fast the counter is; 0 where KVM does not tell.</param>
    public static ExitClock Of(uint khz) => khz > 0 && TimeStampCounter.IsSteady && HostCode.ReadTsc != null ? new(khz) : default;

    /// <summary>Whether it is the processor's counter.</summary>
    public bool IsCounter => _counter != null;

    /// <summary>The moment, in units of its own: only differences mean something.</summary>
    public long Now => _counter != null ? (long)_counter() : Stopwatch.GetTimestamp();

    /// <summary>How long so many units are.</summary>
    public long ToNanoseconds(long units) => _counter != null ? Sse2.X64.ConvertToInt64WithTruncation(Vector128.CreateScalarUnsafe(units * _nanoseconds)) : units;
}
