using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Snapshot;

/// <summary>
/// Whether a machine of one description can take over the state of another: everything that the guest has seen must be
/// the same. What lies behind the devices may differ: images, networks, sockets, consoles, limits, names.
/// </summary>
internal static class SnapshotFit
{
    /// <summary>Refuses a description with other hardware.</summary>
    /// <param name="saved">The machine that was frozen.</param>
    /// <param name="wanted">The one that is to go on in its place.</param>
    /// <exception cref="VmmException">Naming the first field that differs, with both values.</exception>
    public static void Check(MachineConfig saved, MachineConfig wanted)
    {
        Same("memory", saved.Memory.Size, wanted.Memory.Size);
        Same("cpus", saved.Cpus.Topology, wanted.Cpus.Topology);
        Same("cpu", saved.Cpu.ToString(), wanted.Cpu.ToString());
        Same("transport", saved.Transport, wanted.Transport);
        Same("rng", saved.Rng, wanted.Rng);
        Same("virtio-console", saved.VirtioConsole?.Kind is not (null or ConsoleKind.Off), wanted.VirtioConsole?.Kind is not (null or ConsoleKind.Off));
        Same("the number of disks", saved.Disk.Count, wanted.Disk.Count);
        for (int i = 0; i < saved.Disk.Count; i++)
        {
            int vcpus = saved.Cpus.Topology.Count;
            Same($"disk[{i}].id", saved.Disk[i].Id, wanted.Disk[i].Id);
            Same($"disk[{i}].readonly", saved.Disk[i].Readonly, wanted.Disk[i].Readonly);
            Same($"disk[{i}].queues", saved.Disk[i].QueuesFor(vcpus), wanted.Disk[i].QueuesFor(vcpus));
            Same($"disk[{i}].queue-size", saved.Disk[i].QueueSize, wanted.Disk[i].QueueSize);
        }
        Same("the number of network devices", saved.Net.Count, wanted.Net.Count);
        for (int i = 0; i < saved.Net.Count; i++)
        {
            Same($"net[{i}].id", saved.Net[i].Id, wanted.Net[i].Id);
            Same($"net[{i}].queues", saved.Net[i].Queues, wanted.Net[i].Queues);
            Same($"net[{i}].queue-size", saved.Net[i].QueueSize, wanted.Net[i].QueueSize);
            Same($"net[{i}].mtu", saved.Net[i].Mtu, wanted.Net[i].Mtu);
        }
        Same("vsock", saved.Vsock is not null, wanted.Vsock is not null);
        Same("balloon", saved.Balloon is not null, wanted.Balloon is not null);
        Same("the names of ports", string.Join(", ", saved.Port.Select(port => port.Name)), string.Join(", ", wanted.Port.Select(port => port.Name)));
    }

    private static void Same<T>(string field, T saved, T wanted)
    {
        if (!EqualityComparer<T>.Default.Equals(saved, wanted))
            throw new VmmException($"{field}: the guest was frozen with {Shown(saved)}, and cannot go on with {Shown(wanted)}");
    }

    private static string Shown<T>(T value) => value is null ? "none" : $"'{Printable.Escape(value.ToString() ?? "")}'";
}
