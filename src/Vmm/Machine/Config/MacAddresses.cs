using System.Runtime.InteropServices;
using System.Text;
using Vmm.Host;

namespace Vmm.Machine.Config;

/// <summary>
/// Makes addresses for devices that were given none. A machine with a name has the same ones each time, and others than the
/// user's other machines, other users' and those of other hosts on the same wire: 46 bits of a hash of all that tells them apart.
/// </summary>
internal static class MacAddresses
{
    /// <summary>What no two installations share (machine-id(5)).</summary>
    private const string MachineId = "/etc/machine-id";

    /// <summary>FNV-1a, 64 bits (draft-eastlake-fnv, 6): its basis and prime.</summary>
    private const ulong FnvBasis = 0xcbf29ce484222325, FnvPrime = 0x100000001b3;

    private const int LongestMachineId = 64;

    private static readonly Lazy<string> s_user = new(ReadUser);

    /// <summary>The address of one device of a machine; random for a machine that has no name.</summary>
    /// <param name="machine">Its name; null when it has none.</param>
    /// <param name="index">The device's place among the machine's network devices.</param>
    /// <param name="attempt">Another number gives another address.</param>
    public static MacAddress Make(string? machine, int index, int attempt = 0)
    {
        if (machine is null)
            return MacAddress.Local(unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue)));
        return MacAddress.Local(Hash($"{s_user.Value}/{machine}/{index}/{attempt}"));
    }

    /// <summary>Who asks, and on which installation. One without a machine-id still tells its users apart.</summary>
    private static string ReadUser()
    {
        Span<byte> id = stackalloc byte[LongestMachineId];
        int length = ProcFile.Read(MachineId, id);
        return $"{Encoding.ASCII.GetString(id[..length]).Trim()}/{Linux.getuid()}";
    }

    private static ulong Hash(string text)
    {
        ulong hash = FnvBasis;
        foreach (byte octet in MemoryMarshal.AsBytes(text.AsSpan()))
            hash = (hash ^ octet) * FnvPrime;
        // FNV's last octets reach the high bits only; fold so that each bit of the address depends on all of them.
        hash ^= hash >> 32;
        hash *= FnvPrime;
        return hash ^ (hash >> 29);
    }
}
