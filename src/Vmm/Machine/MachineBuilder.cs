namespace Vmm.Machine;

/// <summary>Builds a machine from its configuration.</summary>
internal static class MachineBuilder
{
}
