using Vmm.Devices.Virtio.RateLimiting;

namespace Vmm.Machine.Config;

/// <summary>What a disk or a network device may do in a time.</summary>
internal sealed record RateConfig
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Bytes of data; null for no limit.</summary>
    public ByteRate? Bandwidth { get; set; }

    /// <summary>Bytes at the start on top of that, once.</summary>
    public ByteSize? BandwidthBurst { get; set; }

    /// <summary>Requests, or packets; null for no limit.</summary>
    public OperationRate? Ops { get; set; }

    /// <summary>Requests at the start on top of that, once.</summary>
    public uint? OpsBurst { get; set; }

    /// <summary>The same for a device.</summary>
    public RateLimit ToLimit() => new(
        Bandwidth is { } bandwidth ? new BucketLimit(bandwidth.Bytes, bandwidth.Milliseconds * NanosecondsPerMillisecond, BandwidthBurst?.Bytes ?? 0) : null,
        Ops is { } ops ? new BucketLimit(ops.Operations, ops.Milliseconds * NanosecondsPerMillisecond, OpsBurst ?? 0) : null);

    /// <summary>Refuses what limits nothing.</summary>
    /// <param name="field">The field, such as <c>disk[0].limit</c>.</param>
    /// <exception cref="MachineConfigException">A burst has no rate, or there is neither.</exception>
    public void Check(string field)
    {
        if (BandwidthBurst is not null && Bandwidth is null)
            throw new MachineConfigException(field + ".bandwidth-burst", "has a meaning only together with bandwidth");
        if (OpsBurst is not null && Ops is null)
            throw new MachineConfigException(field + ".ops-burst", "has a meaning only together with ops");
        if (Bandwidth is null && Ops is null)
            throw new MachineConfigException(field, "needs bandwidth or ops; leave it out for no limit");
    }

    /// <summary>As <c>vmm limit</c> takes it.</summary>
    public override string ToString() => string.Join(' ', Parts());

    private IEnumerable<string> Parts()
    {
        if (Bandwidth is { } bandwidth)
            yield return $"bandwidth={bandwidth}";
        if (BandwidthBurst is { } burst)
            yield return $"bandwidth-burst={burst}";
        if (Ops is { } ops)
            yield return $"ops={ops}";
        if (OpsBurst is { } opsBurst)
            yield return $"ops-burst={opsBurst}";
    }
}
