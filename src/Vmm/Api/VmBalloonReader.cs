using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Reads and writes the balloon as Cloud Hypervisor describes it; how often statistics are asked for is Firecracker's name.</summary>
internal static class VmBalloonReader
{
    /// <summary>The name that Cloud Hypervisor has no word for.</summary>
    public const string StatsInterval = "stats_polling_interval_s";

    /// <summary>Reads it; null when there is none.</summary>
    public static BalloonConfig? Read(ApiFields? balloon)
    {
        if (balloon is null)
            return null;
        BalloonConfig config = new()
        {
            Size = new ByteSize(balloon.Number("size") ?? 0),
            DeflateOnOom = balloon.Flag("deflate_on_oom"),
            FreePageReporting = balloon.Flag("free_page_reporting"),
            Stats = balloon.SmallNumber(StatsInterval),
        };
        balloon.Nothing("iommu", "id", "pci_segment", "pci_device_id");
        balloon.Done();
        return config;
    }

    /// <summary>Writes it such that <see cref="Read"/> takes it again.</summary>
    public static void Write(Utf8JsonWriter json, BalloonConfig balloon)
    {
        json.WriteStartObject("balloon");
        json.WriteNumber("size", balloon.Size.Bytes);
        json.WriteBoolean("deflate_on_oom", balloon.DeflateOnOom);
        json.WriteBoolean("free_page_reporting", balloon.FreePageReporting);
        if (balloon.Stats is int seconds)
            json.WriteNumber(StatsInterval, seconds);
        json.WriteEndObject();
    }
}
