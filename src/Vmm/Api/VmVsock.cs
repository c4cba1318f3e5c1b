using System.Text.Json;
using Vmm.Devices.Virtio.Vsock;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>The socket device, in Cloud Hypervisor's words.</summary>
internal static class VmVsock
{
    /// <summary>Reads what <c>vm.create</c> says of it; null for none.</summary>
    public static VsockConfig? Read(ApiFields? vsock)
    {
        if (vsock is null)
            return null;
        ulong cid = vsock.Number("cid") ?? throw vsock.Wrong("cid", "is needed");
        VsockConfig config = new()
        {
            // What does not fit is no address either, and is told so with the others.
            Cid = (long)Math.Min(cid, long.MaxValue),
            Socket = vsock.Text("socket") ?? throw vsock.Wrong("socket", "is needed"),
            Id = vsock.Text("id"),
        };
        vsock.Nothing("iommu", "pci_segment", "pci_device_id");
        vsock.Done();
        return config;
    }

    /// <summary>Writes it for <c>vm.info</c>, if there is one.</summary>
    public static void Write(Utf8JsonWriter json, VsockConfig? vsock)
    {
        if (vsock is null)
            return;
        json.WriteStartObject("vsock");
        json.WriteNumber("cid", vsock.Cid);
        json.WriteString("socket", vsock.Socket);
        json.WriteString("id", vsock.Id);
        json.WriteEndObject();
    }

    /// <summary>Writes its figures for <c>vm.counters</c>. Cloud Hypervisor has none for it: the names are those of its network cards.</summary>
    public static void WriteCounters(Utf8JsonWriter json, VirtioVsock device)
    {
        VsockCounters counters = device.Counters;
        json.WriteStartObject(device.Name);
        json.WriteNumber("rx_bytes", counters.BytesToGuest);
        json.WriteNumber("rx_packets", counters.PacketsToGuest);
        json.WriteNumber("tx_bytes", counters.BytesFromGuest);
        json.WriteNumber("tx_packets", counters.PacketsFromGuest);
        json.WriteNumber("connections", counters.Connections);
        json.WriteNumber("resets", counters.ResetsSent);
        json.WriteEndObject();
    }
}
