namespace Vmm.Api;

/// <summary>What the API calls a field of a machine's description.</summary>
internal static class VmConfigFieldNames
{
    /// <summary>Longest first where one begins like another.</summary>
    private static readonly (string Ours, string Theirs)[] s_names =
    [
        ("kernel", "payload.kernel"),
        ("initrd", "payload.initramfs"),
        ("cmdline", "payload.cmdline"),
        ("firmware", "payload.firmware"),
        ("cpus.count", "cpus.boot_vcpus"),
        ("cpus.sockets", "cpus.topology.packages"),
        ("cpus.cores", "cpus.topology.cores_per_die"),
        ("cpus.threads", "cpus.topology.threads_per_core"),
        ("balloon.stats", "balloon." + VmBalloonReader.StatsInterval),
        ("disk", "disks"),
        ("port", "ports"),
        ("console", "serial.file"),
        ("virtio-console", "console"),
    ];

    /// <summary>Fields within one element of a list.</summary>
    private static readonly (string Ours, string Theirs)[] s_inLists = [("].queues", "].num_queues"), ("].queue-size", "].queue_size"), ("].fd", "].fds")];

    /// <summary>The API's name.</summary>
    public static string Of(string field)
    {
        foreach ((string ours, string theirs) in s_inLists)
        {
            if (field.EndsWith(ours, StringComparison.Ordinal))
                field = field[..^ours.Length] + theirs;
        }
        foreach ((string ours, string theirs) in s_names)
        {
            bool begins = field.StartsWith(ours, StringComparison.Ordinal);
            if (begins && (field.Length == ours.Length || field[ours.Length] is '.' or '['))
                return theirs + Rest(field[ours.Length..]);
        }
        return field;
    }

    /// <summary>What follows is a device's own field, which may have another name, too.</summary>
    private static string Rest(string field) => field
        .Replace(".queues", ".num_queues", StringComparison.Ordinal)
        .Replace(".queue-size", ".queue_size", StringComparison.Ordinal)
        .Replace(".limit", ".rate_limiter_config", StringComparison.Ordinal);
}
