using System.Text.Json;
using Vmm.Control;
using Vmm.Devices.Virtio;
using Vmm.Devices.Virtio.Block;
using Vmm.Devices.Virtio.Net;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Host;

namespace Vmm.Api;

/// <summary>Writes the answer of <c>vm.counters</c>: for each device its figures, with Cloud Hypervisor's names where it has them.</summary>
internal static class VmCountersWriter
{
    /// <summary>Writes it. A VM that does not run has counted nothing.</summary>
    public static void Write(Utf8JsonWriter json, VmControl control)
    {
        json.WriteStartObject();
        foreach (IVirtioDevice device in Devices(control))
        {
            if (device is VirtioBlk disk)
                WriteDisk(json, disk.Name, disk.Counters);
            else if (device is VirtioVsock vsock)
                VmVsock.WriteCounters(json, vsock);
            else if (device is VirtioNet net)
                WriteNet(json, net);
        }
        json.WriteEndObject();
    }

    private static IVirtioDevice[] Devices(VmControl control)
    {
        try
        {
            return control.HasGuest
                ? control.Run!.With(vm => vm.Virtio.Select(core => core.Device).ToArray())
                : [];
        }
        catch (VmmException)
        {
            // It ended just now.
            return [];
        }
    }

    private static void WriteNet(Utf8JsonWriter json, VirtioNet net)
    {
        long rxBytes = 0, rxFrames = 0, txBytes = 0, txFrames = 0;
        for (int pair = 0; pair < net.Options.QueuePairs; pair++)
        {
            (NetworkQueueCounters received, NetworkQueueCounters sent) = (net.Received(pair), net.Sent(pair));
            rxBytes += received.Bytes;
            rxFrames += received.Frames;
            txBytes += sent.Bytes;
            txFrames += sent.Frames;
        }
        json.WriteStartObject(net.Name);
        json.WriteNumber("rx_bytes", rxBytes);
        json.WriteNumber("rx_frames", rxFrames);
        json.WriteNumber("tx_bytes", txBytes);
        json.WriteNumber("tx_frames", txFrames);
        json.WriteEndObject();
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
