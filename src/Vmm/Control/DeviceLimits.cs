using Vmm.Devices.Virtio.RateLimiting;
using Vmm.Host;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Control;

/// <summary>Limits of devices that change while a machine runs: in its description, and in the machine.</summary>
internal static class DeviceLimits
{
    /// <summary>The description with another limit.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="device">The id of a disk or a network device.</param>
    /// <param name="limit">The limit; null for none.</param>
    /// <exception cref="VmmException">There is no such device, or the limit is none.</exception>
    public static MachineConfig Change(MachineConfig config, string device, RateConfig? limit)
    {
        limit?.Check("limit");
        if (config.Disk.Any(disk => disk.Id == device))
            return config with { Disk = [.. config.Disk.Select(disk => disk.Id == device ? disk with { Limit = limit } : disk)] };
        if (config.Net.Any(net => net.Id == device))
            return config with { Net = [.. config.Net.Select(net => net.Id == device ? net with { Limit = limit } : net)] };
        throw new VmmException(NoSuch(config, device), ExitCodes.Usage);
    }

    /// <summary>Changes it in a machine.</summary>
    public static void Apply(MicroVm vm, string device, RateConfig? limit)
    {
        foreach (IRateLimited limited in vm.Virtio.Where(core => core.Device.Name == device).Select(core => core.Device).OfType<IRateLimited>())
            limited.Limit = limit?.ToLimit() ?? default;
    }

    private static string NoSuch(MachineConfig config, string device)
    {
        string[] ids = [.. config.Disk.Select(disk => disk.Id!), .. config.Net.Select(net => net.Id!)];
        string there = ids.Length == 0 ? "; this VM has none" : Suggestion.For(device, ids) is { Length: > 0 } meant ? meant : $"; there are {string.Join(", ", ids)}";
        return $"no device '{Printable.Escape(device)}' whose pace can be limited{there}";
    }
}
