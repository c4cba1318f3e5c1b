using System.Runtime.Intrinsics.X86;

namespace Vmm.Host;

/// <summary>The processor's TSC, which .NET has no name for: three instructions in a page of their own.</summary>
internal static unsafe class TimeStampCounter
{
    private const string Clocksource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    private const int PowerManagementLeaf = unchecked((int)0x80000007);

    /// <summary>CPUID 0x80000007, EDX: the TSC counts at one rate in all states of the processor (AMD APM volume 3, E.4.6; Intel SDM volume 3B, 19.17.1).</summary>
    private const int InvariantTsc = 1 << 8;

    /// <summary>rdtsc · shl rdx, 32 · or rax, rdx · ret</summary>
    private static readonly byte[] s_code = [0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];

    /// <summary>What reads it, to be called straight from where every nanosecond counts; null where this process may have no code of its own making.</summary>
    public static delegate* unmanaged[SuppressGCTransition]<ulong> Reader { get; } = Place();

    /// <summary>Whether it counts evenly, and alike on all processors: the kernel itself goes by it then.</summary>
    public static bool IsSteady { get; } = X86Base.IsSupported
        && X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= PowerManagementLeaf
        && (X86Base.CpuId(PowerManagementLeaf, 0).Edx & InvariantTsc) != 0
        && KernelGoesByIt();

    /// <summary>The counter now.</summary>
    /// <exception cref="VmmException">It cannot be read here.</exception>
    public static ulong Now => Reader != null ? Reader() : throw new VmmException("this host lets no process make code of its own (mmap with PROT_EXEC), which reading the time stamp counter takes");

    private static bool KernelGoesByIt()
    {
        Span<byte> name = stackalloc byte[32];
        name = name[..ProcFile.Read(Clocksource, name)].TrimEnd("\n"u8);
        return name.SequenceEqual("tsc"u8) || name.SequenceEqual("kvm-clock"u8);
    }

    private static delegate* unmanaged[SuppressGCTransition]<ulong> Place()
    {
        nint address = Linux.mmap(0, (nuint)Environment.SystemPageSize, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        if (address == -1)
            return null;
        s_code.CopyTo(new Span<byte>((void*)address, s_code.Length));
        if (Linux.mprotect(address, (nuint)Environment.SystemPageSize, Linux.PROT_READ | Linux.PROT_EXEC) == 0)
            return (delegate* unmanaged[SuppressGCTransition]<ulong>)address;
        _ = Linux.munmap(address, (nuint)Environment.SystemPageSize);
        return null;
    }
}
