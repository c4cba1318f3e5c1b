using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli;

/// <summary>Runs one machine from start to end with the user's terminal attached.</summary>
internal static class MachineSession
{
    /// <summary>Runs it.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(MachineConfig machine) => throw new VmmException($"{machine.Name}: this build cannot run machines yet; it has --dry-run");
}
