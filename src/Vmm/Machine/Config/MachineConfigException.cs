namespace Vmm.Machine.Config;

/// <summary>
/// A field of a machine's description is wrong. Whoever read the description knows where it came from and turns this
/// into <c>--cpus: …</c> or <c>machine.json:7: cpus.count: …</c>.
/// </summary>
/// <param name="field">The field as in the JSON file, such as <c>cpus.count</c>; its first part is the option's name.</param>
/// <param name="reason">What is wrong with it, with the value, and what would be right.</param>
internal sealed class MachineConfigException(string field, string reason) : Exception($"{field}: {reason}")
{
    /// <summary>The field as in the JSON file.</summary>
    public string Field { get; } = field;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
