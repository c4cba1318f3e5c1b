namespace Vmm.Firmware;

/// <summary>The least machine a guest runs on.</summary>
/// <param name="MemoryMiB">RAM in MiB.</param>
/// <param name="Vcpus">Number of vCPUs that makes sense of it.</param>
public sealed record GuestNeeds(int MemoryMiB, int Vcpus)
{
    /// <summary>2 MiB and one vCPU.</summary>
    public static GuestNeeds Least { get; } = new(2, 1);
}
