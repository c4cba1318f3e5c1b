using System.Text.Json;
using Vmm.Control;
using Vmm.Devices.Virtio.Block;
using Vmm.Host;

namespace Vmm.Api;

/// <summary>Writes the answer of <c>vm.counters</c>: for each device its figures, with Cloud Hypervisor's names where it has them.</summary>
internal static class VmCountersWriter
{
    /// <summary>Writes it. A VM that does not run has counted nothing.</summary>
    public static void Write(Utf8JsonWriter json, VmControl control)
    {
        json.WriteStartObject();
        foreach (VirtioBlk disk in Disks(control))
            WriteDisk(json, disk.Name, disk.Counters);
        json.WriteEndObject();
    }

    private static VirtioBlk[] Disks(VmControl control)
    {
        try
        {
            return control.State is VmState.Running or VmState.Paused
                ? control.Run!.With(vm => vm.Virtio.Select(core => core.Device).OfType<VirtioBlk>().ToArray())
                : [];
        }
        catch (VmmException)
        {
            // It ended just now.
            return [];
        }
    }

    private static void WriteDisk(Utf8JsonWriter json, string name, BlockCounters counters)
    {
        json.WriteStartObject(name);
        json.WriteNumber("read_bytes", counters.ReadBytes);
        json.WriteNumber("read_ops", counters.Reads);
        json.WriteNumber("write_bytes", counters.WrittenBytes);
        json.WriteNumber("write_ops", counters.Writes);
        json.WriteNumber("flush_ops", counters.Flushes);
        json.WriteNumber("errors", counters.BackendErrors + counters.RefusedRequests);
        json.WriteEndObject();
    }
}
