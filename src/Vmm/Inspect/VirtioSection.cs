using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>A virtio device of an inspected machine.</summary>
/// <param name="Name">Its id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="State">What it holds.</param>
internal sealed record VirtioSection(string Name, string Kind, VirtioState State)
{
    /// <summary>All of a machine's, in the order in which the guest finds them.</summary>
    public static IReadOnlyList<VirtioSection> All(InspectedMachine machine) =>
        [.. machine.State.Sections.Where(section => IsVirtio(section.State)).Select(section =>
            new VirtioSection(Printable.Escape(section.Name), KindOf(machine.Config, section.Name), Read(machine, section.Name)))];

    private static VirtioState Read(InspectedMachine machine, string name)
    {
        VirtioState state = machine.Section(name, DeviceStateJson.Default.VirtioState);
        InspectedMachine.RequireWhole(name, "queues", state.Queues);
        return state;
    }

    /// <summary>No other part has queues and a transport.</summary>
    private static bool IsVirtio(JsonElement state) =>
        state.ValueKind == JsonValueKind.Object && state.TryGetProperty("queues", out _) && state.TryGetProperty("transport", out _);

    private static string KindOf(MachineConfig config, string name) =>
        config.Disk.Any(disk => disk.Id == name) ? "disk"
        : config.Net.Any(net => net.Id == name) ? "network"
        : config.Vsock?.Id == name ? "sockets"
        : name switch
        {
            "console0" => "console",
            "rng0" => "entropy",
            "balloon0" => "balloon",
            "ports0" => "named ports",
            _ => "virtio",
        };
}
