using Vmm.Host;
using Vmm.Host.Cgroups;
using Vmm.Machine.Config;

namespace Vmm.Machine;

/// <summary>This process in a cgroup of its own, with the limits that its machine was given; disposed, it is back where it was.</summary>
/// <remarks>
/// The cgroup is made below the one in which vmm was started when that may have others below it, else beside it: a cgroup
/// with processes in it cannot hand controllers on, the root alone excepted (cgroup-v2, "No Internal Process Constraint").
/// </remarks>
internal sealed class CgroupPlacement : IDisposable
{
    private readonly CgroupFolder _home;
    private readonly CgroupFolder _own;

    private CgroupPlacement(CgroupFolder home, CgroupFolder own) => (_home, _own) = (home, own);

    /// <summary>The cgroup's folder.</summary>
    public string Folder => _own.Path;

    /// <summary>Moves this process into a cgroup with the configured limits; null when there are none.</summary>
    /// <param name="config">Resolved.</param>
    /// <exception cref="VmmException">The host does not allow it; nothing is left behind.</exception>
    public static CgroupPlacement? Enter(MachineConfig config)
    {
        IReadOnlyList<CgroupLimit> limits = CgroupLimit.Of(config);
        return limits.Count == 0 ? null : Enter(config.Name, limits, CgroupMount.Find());
    }

    /// <summary>Moves this process into a cgroup.</summary>
    /// <param name="name">The machine's.</param>
    /// <param name="limits">At least one.</param>
    /// <param name="mount">Where cgroups are; null when nowhere.</param>
    public static CgroupPlacement Enter(string name, IReadOnlyList<CgroupLimit> limits, CgroupMount? mount)
    {
        string option = limits[0].Option;
        if (mount is null)
            throw new VmmException($"--{option}: this host has no cgroup v2 mounted; mount it (mount -t cgroup2 none /sys/fs/cgroup) or leave the option out");
        string[] controllers = [.. limits.Select(limit => limit.Controller).Distinct()];
        CgroupFolder home = new(mount.Own);
        CgroupFolder parent = FindParent(mount, home, controllers, limits);
        parent.Sweep();
        CgroupFolder own = new($"{parent.Path.TrimEnd('/')}/{CgroupName.Of(name, Environment.ProcessId)}");
        Errno refused = own.Create();
        if (refused != Errno.None)
            throw Refused(option, $"cannot make the cgroup {own.Path}", refused);
        try
        {
            Fill(own, limits);
            return new(home, own);
        }
        catch
        {
            _ = own.Remove();
            throw;
        }
    }

    /// <summary>Goes back and removes the cgroup. What cannot be removed now, the next vmm sweeps.</summary>
    public void Dispose()
    {
        _ = _home.MoveHere();
        _ = _own.Remove();
    }

    private static CgroupFolder FindParent(CgroupMount mount, CgroupFolder home, string[] controllers, IReadOnlyList<CgroupLimit> limits)
    {
        Errno refused = home.Enable(controllers, out string? missing);
        if (refused == Errno.None && missing is null)
            return home;
        if (mount.Own != mount.Root)
        {
            CgroupFolder beside = new(Path.GetDirectoryName(mount.Own)!);
            refused = beside.Enable(controllers, out missing);
            if (refused == Errno.None && missing is null)
                return beside;
        }
        if (missing is null)
            throw Refused(limits[0].Option, $"cannot hand the controllers {string.Join(", ", controllers)} on below {mount.Own}", refused);
        string option = limits.First(limit => limit.Controller == missing).Option;
        throw new VmmException(mount.Own == mount.Root
            ? $"--{option}: the cgroup v2 at {mount.Root} has no '{missing}' controller, probably because version 1 holds it; start the host with systemd.unified_cgroup_hierarchy=1, or leave the option out"
            : $"--{option}: the cgroup {mount.Own} has no '{missing}' controller; start vmm with 'systemd-run --scope -p Delegate=yes', or as root, or leave the option out");
    }

    private static void Fill(CgroupFolder own, IReadOnlyList<CgroupLimit> limits)
    {
        Errno refused;
        foreach (CgroupLimit limit in limits)
        {
            refused = own.Write(limit.File, limit.Value);
            if (refused != Errno.None)
                throw Refused(limit.Option, $"cannot write '{limit.Value}' to {own.Path}/{limit.File}", refused);
        }
        refused = own.MoveHere();
        if (refused != Errno.None)
            throw Refused(limits[0].Option, $"cannot move into the cgroup {own.Path}", refused);
    }

    private static VmmException Refused(string option, string what, Errno why) => new($"--{option}: {what}: {why}{Remedy(why)}");

    private static string Remedy(Errno why) => why switch
    {
        Errno.EACCES or Errno.EPERM => "; run as root, start vmm with 'systemd-run --user --scope -p Delegate=yes', or leave the option out",
        Errno.EROFS => "; the cgroups are mounted read-only here (a container?): leave the option out",
        Errno.EBUSY => "; other processes are in that cgroup: start vmm with 'systemd-run --scope -p Delegate=yes', or leave the option out",
        _ => "; leave the option out",
    };
}
