using Vmm.Machine.Config;

namespace Vmm.Tests.Kvm;

/// <summary>What machine a tiny guest gets that is moved about.</summary>
internal static class TinyMachine
{
    /// <summary>Its description.</summary>
    /// <param name="firmware">Which guest.</param>
    /// <param name="parameters">Its command line.</param>
    /// <param name="vcpus">How many vCPUs it has.</param>
    /// <param name="shared">Whether its memory is a memfd.</param>
    /// <param name="mebibytes">How much memory it has.</param>
    public static MachineConfig Describe(string firmware, string parameters, int vcpus = 1, bool shared = false, ulong mebibytes = 16) => MachineConfigResolver.Resolve(new()
    {
        Firmware = firmware,
        Cmdline = parameters,
        Cpus = new CpuConfig { Count = vcpus },
        Memory = new MemoryConfig { Size = new ByteSize(mebibytes << 20), Shared = shared },
        Console = ConsoleTarget.Off,
        Rng = false,
    });
}
