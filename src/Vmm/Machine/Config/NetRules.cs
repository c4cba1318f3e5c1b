using System.Buffers;
using System.Numerics;

namespace Vmm.Machine.Config;

/// <summary>What is refused of one network device, before anything is opened.</summary>
internal static class NetRules
{
    /// <summary>An interface's name on Linux: IFNAMSIZ less the NUL.</summary>
    public const int LongestInterface = 15;

    /// <summary>An id: what a metric's label and a message can bear.</summary>
    public const int LongestId = 20;

    /// <summary>Pairs of queues.</summary>
    public const int MostQueues = Devices.Virtio.Net.NetworkOptions.MaxQueuePairs;

    /// <summary>Virtio 1.2, 5.1.4.1: "mtu MUST be between 68 and 65535".</summary>
    public const int SmallestMtu = 68, LargestMtu = 65535;

    /// <summary>The most that passt takes: what an IPv4 packet can hold, rounded down to words (passt(1), --mtu).</summary>
    public const int LargestPasstMtu = 65520;

    /// <summary>Descriptors in a queue: a power of two (Virtio 1.2, 2.7).</summary>
    public const int SmallestQueue = 16, LargestQueue = 1024;

    /// <summary>More would be a mistake, and passt takes a process's worth of sockets only.</summary>
    public const int MostForwards = 64;

    /// <summary>Descriptors from here on can be a tap: those before are the standard streams.</summary>
    private const int FirstDescriptor = 3;

    private static readonly SearchValues<char> s_interface =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Lets a device pass or says why not.</summary>
    /// <param name="field">Its field, such as <c>net[0]</c>.</param>
    /// <param name="net">The device.</param>
    /// <exception cref="MachineConfigException">The first thing that is wrong with it.</exception>
    public static void Check(string field, NetConfig net)
    {
        CheckBackend(field, net);
        if (net.Mac is MacAddress mac)
            CheckMac(field + ".mac", mac);
        if (net.Mtu is int mtu)
            CheckRange(field + ".mtu", mtu, SmallestMtu, net.Passt ? LargestPasstMtu : LargestMtu);
        if (net.QueueSize is int size)
        {
            CheckRange(field + ".queue-size", size, SmallestQueue, LargestQueue);
            if (!BitOperations.IsPow2(size))
                throw new MachineConfigException(field + ".queue-size", $"{size} is not a power of two");
        }
        if (net.Id is string id)
            NameRules.Check(field + ".id", id, LongestId);
        net.Limit?.Check(field + ".limit");
        if (net.Vhost is NetVhost.On or NetVhost.Auto && net.Tap is null)
            throw new MachineConfigException(field + ".vhost", $"'{Word.Of(net.Vhost.Value)}' has a meaning only with tap=NAME");
        CheckQueues(field + ".queues", net);
        CheckForwards(field + ".forward", net);
    }

    private static void CheckBackend(string field, NetConfig net)
    {
        if ((net.Passt ? 1 : 0) + (net.Tap is null ? 0 : 1) + (net.Fd is null ? 0 : 1) != 1)
            throw new MachineConfigException(field, "needs exactly one of passt, tap, fd");
        if (net.Tap is string tap && (tap is "" or "." or ".." || tap.Length > LongestInterface || tap.AsSpan().ContainsAnyExcept(s_interface)))
            throw new MachineConfigException(field + ".tap", $"'{Printable.Escape(tap)}' is not an interface's name: up to {LongestInterface} letters, digits, '.', '_' and '-'");
        if (net.Fd is { Count: 0 })
            throw new MachineConfigException(field + ".fd", "is empty; give an open tap's descriptor");
        foreach (int fd in net.Fd ?? [])
        {
            if (fd < FirstDescriptor)
                throw new MachineConfigException(field + ".fd", $"{fd} cannot be a tap: descriptors 0 to {FirstDescriptor - 1} are the standard streams");
        }
        if (net.Fd is not null && net.Fd.Distinct().Count() < net.Fd.Count)
            throw new MachineConfigException(field + ".fd", "a descriptor is given twice; each is one pair of queues");
    }

    private static void CheckMac(string field, MacAddress mac)
    {
        if (mac.Value == 0)
            throw new MachineConfigException(field, $"{mac} is no address of a device; leave it out, and vmm makes one");
        if (mac.IsGroup)
            throw new MachineConfigException(field, $"{mac} is a multicast address; the first octet of a device's is even, such as 02");
    }

    private static void CheckQueues(string field, NetConfig net)
    {
        if (net.Queues is not int queues)
            return;
        CheckRange(field, queues, 1, MostQueues);
        if (net.Passt && queues > 1)
            throw new MachineConfigException(field, $"{queues} are of no use with passt, which has one socket; leave queues out");
        if (net.Fd is not null && queues != net.Fd.Count)
            throw new MachineConfigException(field, $"{queues} is not the number of descriptors ({net.Fd.Count}); each is one pair of queues");
    }

    private static void CheckForwards(string field, NetConfig net)
    {
        if (net.Forward.Count == 0)
            return;
        if (!net.Passt)
            throw new MachineConfigException(field, $"'{net.Forward[0]}' has a meaning only with passt; a {net.Backend} is the host's to set up");
        if (net.Forward.Count > MostForwards)
            throw new MachineConfigException(field, $"{net.Forward.Count} are too many: at most {MostForwards}");
    }

    private static void CheckRange(string field, int value, int least, int most)
    {
        if (value < least || value > most)
            throw new MachineConfigException(field, $"{value} is out of range: {least} to {most}");
    }
}
