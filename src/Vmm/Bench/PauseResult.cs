namespace Vmm.Bench;

/// <summary>What <see cref="PauseBench"/> found. Times in microseconds.</summary>
/// <param name="Pauses">How many pauses were made; all of them held.</param>
/// <param name="Vcpus">vCPUs of the guest.</param>
/// <param name="Leaks">Pauses during which a vCPU had an exit all the same; must be 0.</param>
/// <param name="MinUs">The shortest.</param>
/// <param name="P50Us">Half took no longer.</param>
/// <param name="P90Us">Nine in ten took no longer.</param>
/// <param name="P99Us">All but one in a hundred took no longer.</param>
/// <param name="MaxUs">The longest.</param>
internal sealed record PauseResult(int Pauses, int Vcpus, int Leaks, double MinUs, double P50Us, double P90Us, double P99Us, double MaxUs);
