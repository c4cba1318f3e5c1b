namespace Vmm.Metrics;

/// <summary>The socket device's families in Prometheus' text format.</summary>
internal static class VsockText
{
    private const string Device = "device";

    /// <summary>Writes them.</summary>
    public static void Write(PrometheusWriter writer, VsockMetrics vsock)
    {
        writer.Gauge("vmm_vsock_connections", "Connections that are open.");
        writer.Value(vsock.Connections, Device, vsock.Name);
        Family("vmm_vsock_opened_by_guest_total", "Connections that the guest opened.", vsock.OpenedByGuest);
        Family("vmm_vsock_opened_by_host_total", "Connections that the host opened and the guest accepted.", vsock.OpenedByHost);
        Family("vmm_vsock_refused_total", "Connections that were asked for and refused.", vsock.Refused);
        Family("vmm_vsock_resets_total", "RST packets that the guest was sent, those that end a clean close included.", vsock.ResetsSent);
        Family("vmm_vsock_bad_packets_total", "Packets of the guest that broke a rule.", vsock.BadPackets);
        Family("vmm_vsock_packets_from_guest_total", "Packets from the guest.", vsock.PacketsFromGuest);
        Family("vmm_vsock_bytes_from_guest_total", "Bytes of data from the guest.", vsock.BytesFromGuest);
        Family("vmm_vsock_packets_to_guest_total", "Packets to the guest.", vsock.PacketsToGuest);
        Family("vmm_vsock_bytes_to_guest_total", "Bytes of data to the guest.", vsock.BytesToGuest);

        void Family(string name, string help, long value)
        {
            writer.Counter(name, help);
            writer.Value(value, Device, vsock.Name);
        }
    }
}
