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
        ("disk", "disks"),
        ("console", "serial.file"),
        ("virtio-console", "console"),
    ];

    /// <summary>The API's name.</summary>
    public static string Of(string field)
    {
        foreach ((string ours, string theirs) in s_names)
        {
            bool begins = field.StartsWith(ours, StringComparison.Ordinal);
            if (begins && (field.Length == ours.Length || field[ours.Length] is '.' or '['))
                return theirs + field[ours.Length..];
        }
        return field;
    }
}
