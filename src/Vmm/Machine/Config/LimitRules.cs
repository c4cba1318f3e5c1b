namespace Vmm.Machine.Config;

/// <summary>Checks what a machine may take of the host.</summary>
internal static class LimitRules
{
    /// <summary>Limits of cpu.shares (kernel/sched/core.c: MIN_SHARES, MAX_SHARES), which libvirt's and Kubernetes' numbers keep to.</summary>
    private const int LeastShares = 2, MostShares = 1 << 18;

    /// <summary>Checks it.</summary>
    /// <exception cref="MachineConfigException">A number is out of range, or less than the guest itself has.</exception>
    public static void Check(MachineConfig config)
    {
        if (config.CpuShares is < LeastShares or > MostShares)
            throw new MachineConfigException("cpu-shares", $"{config.CpuShares} is out of range: {LeastShares} to {MostShares}; 1024 is what everybody has");
        if (config.MemoryMax is { } most && most.Bytes < config.Memory.Size.Bytes)
            throw new MachineConfigException("memory-max", $"{most} is less than the guest's memory ({config.Memory.Size}): the kernel would kill vmm once the guest uses it");
    }
}
