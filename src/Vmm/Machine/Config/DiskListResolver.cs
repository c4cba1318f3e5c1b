namespace Vmm.Machine.Config;

/// <summary>Checks the disks against each other and names those without an id.</summary>
internal static class DiskListResolver
{
    /// <summary>Gives every disk an id.</summary>
    /// <exception cref="MachineConfigException">A path or id is unusable, or two disks collide.</exception>
    public static IReadOnlyList<DiskConfig> Resolve(IReadOnlyList<DiskConfig> disks)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        for (int i = 0; i < disks.Count; i++)
        {
            CheckPath(disks, i);
            CheckQueues(disks[i], $"disk[{i}]");
            disks[i].Limit?.Check($"disk[{i}].limit");
            if (disks[i].Id is not string id)
                continue;
            NameRules.Check($"disk[{i}].id", id, MachineLimits.LongestDiskId);
            if (!ids.Add(id))
                throw new MachineConfigException($"disk[{i}].id", $"'{id}' is the id of another disk");
        }
        List<DiskConfig> resolved = new(disks.Count);
        foreach (DiskConfig disk in disks)
            resolved.Add(disk.Id is null ? disk with { Id = FreeId(ids, resolved.Count) } : disk);
        return resolved;
    }

    /// <summary>One file as two disks corrupts it, unless nobody writes.</summary>
    private static void CheckPath(IReadOnlyList<DiskConfig> disks, int index)
    {
        DiskConfig disk = disks[index];
        string field = $"disk[{index}].path";
        PathRules.Check(field, disk.Path);
        for (int i = 0; i < index; i++)
        {
            if (PathRules.AreSame(disks[i].Path, disk.Path) && !(disks[i].Readonly && disk.Readonly))
                throw new MachineConfigException(field, $"'{Printable.Escape(disk.Path)}' is given twice; only disks that are readonly may share a file");
        }
    }

    private static void CheckQueues(DiskConfig disk, string field)
    {
        if (disk.Queues is < 1 or > MachineLimits.MostDiskQueues)
            throw new MachineConfigException(field + ".queues", $"{disk.Queues} is out of range: 1 to {MachineLimits.MostDiskQueues}");
        if (disk.QueueSize is < MachineLimits.SmallestDiskQueue or > MachineLimits.LargestDiskQueue)
            throw new MachineConfigException(field + ".queue-size", $"{disk.QueueSize} is out of range: {MachineLimits.SmallestDiskQueue} to {MachineLimits.LargestDiskQueue}");
        if (disk.QueueSize is int size && !int.IsPow2(size))
            throw new MachineConfigException(field + ".queue-size", $"{size} is not a power of two");
    }

    private static string FreeId(HashSet<string> taken, int index)
    {
        string id = $"disk{index}";
        while (!taken.Add(id))
            id = $"disk{++index}";
        return id;
    }
}
