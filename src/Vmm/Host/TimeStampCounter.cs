using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Vmm.Host;

/// <summary>The processor's TSC, and whether time can be told by it.</summary>
internal static unsafe class TimeStampCounter
{
    private const string Clocksource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    private const int PowerManagementLeaf = unchecked((int)0x80000007);

    /// <summary>CPUID 0x80000007, EDX: the TSC counts at one rate in all states of the processor (AMD APM volume 3, E.4.6; Intel SDM volume 3B, 19.17.1).</summary>
    private const int InvariantTsc = 1 << 8;

    /// <summary>Whether it counts evenly, and alike on all processors: the kernel itself goes by it then.</summary>
    public static bool IsSteady { get; } = IsSteadyBy(ReadClocksource(), IsInvariant());

    /// <summary>The counter now.</summary>
    /// <exception cref="VmmException">It cannot be read here.</exception>
    public static ulong Now => HostCode.ReadTsc != null ? HostCode.ReadTsc() : throw new VmmException("this host lets no process make code of its own (mmap with PROT_EXEC), which reading the time stamp counter takes");

    /// <summary>Whether it does where the kernel goes by this clock.</summary>
    /// <param name="clocksource">What the kernel goes by, as it writes it.</param>
    /// <param name="isInvariant">Whether the processor promises it.</param>
    internal static bool IsSteadyBy(string clocksource, bool isInvariant) => clocksource switch
    {
        // A kernel on the bare machine gives up a counter that halts, changes its rate or differs: no promise tells more.
        "tsc" => true,
        // This clock would also do with a counter that changes its rate.
        "kvm-clock" => isInvariant,
        _ => false,
    };

    private static bool IsInvariant() => X86Base.IsSupported
        && X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= PowerManagementLeaf
        && (X86Base.CpuId(PowerManagementLeaf, 0).Edx & InvariantTsc) != 0;

    private static string ReadClocksource()
    {
        Span<byte> name = stackalloc byte[32];
        return Encoding.ASCII.GetString(name[..ProcFile.Read(Clocksource, name)].TrimEnd("\n"u8));
    }
}
