namespace Vmm.Firmware.Guests;

/// <summary>One thing a stock kernel does at CPL 0, as the probe guest tries it.</summary>
/// <param name="Letter">What the guest writes to the debug console, port 0xE9, before it tries.</param>
/// <param name="Name">The instruction or mechanism.</param>
/// <param name="Why">What a kernel uses it for.</param>
public sealed record ProbeStep(char Letter, string Name, string Why)
{
    /// <summary>Written to the debug console after the last step.</summary>
    public const char Finished = '.';

    /// <summary>Debug exit value: all steps worked.</summary>
    public const byte Passed = 0;

    /// <summary>Debug exit value: the last step announced ran, but with a wrong result.</summary>
    public const byte WrongResult = 1;

    /// <summary>Debug exit value: the last step announced raised an exception that it should not.</summary>
    public const byte UnexpectedException = 2;

    /// <summary>The steps in the order in which the guest takes them.</summary>
    public static IReadOnlyList<ProbeStep> All { get; } =
    [
        new('a', "int3", "breakpoints, and the self-test of its patching at boot"),
        new('b', "int n", "software interrupts"),
        new('c', "page fault", "memory management: the fault arrives with its address and the guest goes on"),
        new('d', "cmpxchg16b", "lock-free lists, from the first allocation on"),
        new('e', "popcnt", "bit sets, when CPUID lists it"),
        new('f', "tzcnt, lzcnt", "bit searches, when CPUID lists them; elsewhere they run as bsf and bsr"),
        new('g', "SSE2 arithmetic", "checksums and cryptography"),
        new('h', "rdtscp", "clock and processor number, when CPUID lists it"),
        new('i', "xsave", "the state of user programs, when CPUID lists it"),
        new('j', "iretq to CPL 3, syscall back", "every system call of every program"),
    ];

    /// <summary>The step a letter announces, or null.</summary>
    public static ProbeStep? Find(char letter)
    {
        foreach (ProbeStep step in All)
        {
            if (step.Letter == letter)
                return step;
        }
        return null;
    }
}
