using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Cloud Hypervisor's <c>rate_limiter_config</c> of a disk or a network device: two token buckets, each of which may be missing.</summary>
internal static class RateLimiterFields
{
    private const string Name = "rate_limiter_config";

    /// <summary>Reads it; null when it is not given.</summary>
    /// <param name="device">The device that has it.</param>
    public static RateConfig? Read(ApiFields device)
    {
        if (device.Object(Name) is not { } limiter)
            return null;
        RateConfig limit = new();
        if (limiter.Object("bandwidth") is { } bandwidth)
        {
            (ulong size, long time, ulong? burst) = Bucket(bandwidth, ulong.MaxValue);
            limit.Bandwidth = new ByteRate(size, time);
            limit.BandwidthBurst = burst is ulong bytes ? new ByteSize(bytes) : null;
        }
        if (limiter.Object("ops") is { } ops)
        {
            (ulong size, long time, ulong? burst) = Bucket(ops, uint.MaxValue);
            limit.Ops = new OperationRate(size, time);
            limit.OpsBurst = (uint?)burst;
        }
        limiter.Done();
        return limit == new RateConfig() ? null : limit;
    }

    /// <summary>Writes it, if there is a limit.</summary>
    public static void Write(Utf8JsonWriter json, RateConfig? limit)
    {
        if (limit is null)
            return;
        json.WriteStartObject(Name);
        if (limit.Bandwidth is { } bandwidth)
            WriteBucket(json, "bandwidth", bandwidth.Bytes, bandwidth.Milliseconds, limit.BandwidthBurst?.Bytes);
        if (limit.Ops is { } ops)
            WriteBucket(json, "ops", ops.Operations, ops.Milliseconds, limit.OpsBurst);
        json.WriteEndObject();
    }

    private static (ulong Size, long Time, ulong? Burst) Bucket(ApiFields bucket, ulong most)
    {
        ulong size = bucket.Number("size") ?? throw bucket.Wrong("size", "is needed: the tokens that a full bucket holds");
        ulong time = bucket.Number("refill_time") ?? throw bucket.Wrong("refill_time", "is needed: the milliseconds in which an empty bucket is full again");
        ulong? burst = bucket.Number("one_time_burst");
        bucket.Done();
        if (size == 0 || size > most)
            throw bucket.Wrong("size", $"{size} is out of range: 1 to {most}");
        if (time == 0 || time > RateText.LongestTime)
            throw bucket.Wrong("refill_time", $"{time} is out of range: 1 to {RateText.LongestTime} ms");
        if (burst > most)
            throw bucket.Wrong("one_time_burst", $"{burst} is out of range: 0 to {most}");
        return (size, (long)time, burst is 0 ? null : burst);
    }

    private static void WriteBucket(Utf8JsonWriter json, string name, ulong size, long time, ulong? burst)
    {
        json.WriteStartObject(name);
        json.WriteNumber("size", size);
        if (burst is ulong tokens)
            json.WriteNumber("one_time_burst", tokens);
        json.WriteNumber("refill_time", time);
        json.WriteEndObject();
    }
}
