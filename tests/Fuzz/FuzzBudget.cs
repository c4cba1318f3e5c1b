namespace Vmm.Tests.Fuzz;

/// <summary>How long each fuzzer runs: two seconds, or what <c>VMM_FUZZ_SECONDS</c> says (<c>make fuzz</c>).</summary>
internal static class FuzzBudget
{
    private const int DefaultSeconds = 2;

    public static int Seconds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("VMM_FUZZ_SECONDS"), out int seconds) && seconds > 0 ? seconds : DefaultSeconds;
}
