namespace Vmm.Control;

/// <summary>Something that happened in a machine's life. Sources and names are those of Cloud Hypervisor's event monitor where it has one.</summary>
/// <param name="Time">When, UTC.</param>
/// <param name="Machine">The machine's name.</param>
/// <param name="Source"><c>vmm</c> for the process, <c>vm</c> for the machine, <c>guest</c> for what the guest did.</param>
/// <param name="Name">What, such as <c>booted</c>.</param>
/// <param name="Properties">More about it; null for nothing.</param>
internal sealed record MachineEvent(DateTimeOffset Time, string Machine, string Source, string Name, IReadOnlyDictionary<string, string>? Properties = null);
