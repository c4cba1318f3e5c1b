using System.CommandLine;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;
using Vmm.Snapshot;

namespace Vmm.Cli.Inspect;

/// <summary>What a command looks at: a VM by its name, or a snapshot by its folder.</summary>
/// <param name="Vm">The VM; null for a snapshot.</param>
/// <param name="Snapshot">The snapshot's folder; null for a VM.</param>
internal sealed record InspectedTarget(VmFolder? Vm, string? Snapshot)
{
    /// <summary>The argument that names it.</summary>
    public static Argument<string> Argument() => new("vm-or-snapshot") { Description = "The VM, or a snapshot's folder" };

    /// <summary>Finds it. A VM comes before a folder of its name; with a slash it is always a folder.</summary>
    /// <exception cref="VmmException">There is neither.</exception>
    public static InspectedTarget Find(string text)
    {
        if (text.Length == 0 || text.Contains('\0'))
            throw new VmmException($"'{Printable.Escape(text)}' is neither a VM's name nor a snapshot's folder", ExitCodes.Usage);
        bool isPath = text.Contains('/');
        VmHome? home = isPath ? null : VmHome.TryFind();
        if (!isPath && IsName(text) && home?.Folder(text) is { Exists: true } vm)
            return new(vm, null);
        if (isPath || new SnapshotFolder(text).Exists)
            return new(null, text);
        if (Directory.Exists(text))
            throw new VmmException($"there is no VM '{Printable.Escape(text)}', and the folder of that name is no snapshot");
        // Says which names there are.
        return new(VmHome.Find().Existing(text), null);
    }

    private static bool IsName(string text)
    {
        try
        {
            NameRules.Check("name", text, NameRules.LongestMachineName);
            return true;
        }
        catch (MachineConfigException)
        {
            return false;
        }
    }
}
