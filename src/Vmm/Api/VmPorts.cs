using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Named ports in <c>vm.create</c> and <c>vm.info</c>: an addition of ours, which Cloud Hypervisor has not.</summary>
internal static class VmPorts
{
    /// <summary>Reads them. A VM of the API's has no folder, so each needs its socket.</summary>
    public static IReadOnlyList<PortConfig> Read(ApiFields vm) => [.. vm.List("ports").Select(ReadPort)];

    /// <summary>Writes them, where there are any.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<PortConfig> ports)
    {
        if (ports.Count == 0)
            return;
        json.WriteStartArray("ports");
        foreach (PortConfig port in ports)
        {
            json.WriteStartObject();
            json.WriteString("name", port.Name);
            if (port.Socket is string socket)
                json.WriteString("socket", socket);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static PortConfig ReadPort(ApiFields port)
    {
        PortConfig config = new()
        {
            Name = port.Text("name") ?? throw port.Wrong("name", "is needed"),
            Socket = port.Text("socket") ?? throw port.Wrong("socket", "is needed: the path of a Unix socket"),
        };
        port.Done();
        return config;
    }
}
