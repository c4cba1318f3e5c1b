using System.Globalization;

namespace Vmm.Host;

/// <summary>What the host has to give.</summary>
/// <param name="Processors">Processors that vmm may use.</param>
/// <param name="TotalMemory">Bytes of memory.</param>
/// <param name="AvailableMemory">Bytes that could be taken without swapping.</param>
internal sealed record HostCapacity(int Processors, ulong TotalMemory, ulong AvailableMemory)
{
    /// <summary>Asks the host.</summary>
    /// <exception cref="HostException">It does not say.</exception>
    public static HostCapacity Read() => Parse(HostProcessors.Allowed().Count, File.ReadAllText("/proc/meminfo"));

    /// <summary>Reads what the host says.</summary>
    /// <param name="processors">How many processors there are.</param>
    /// <param name="meminfo">/proc/meminfo.</param>
    public static HostCapacity Parse(int processors, string meminfo) =>
        new(processors, Field(meminfo, "MemTotal:"), Field(meminfo, "MemAvailable:"));

    private static ulong Field(string meminfo, string name)
    {
        foreach (string line in meminfo.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal))
                continue;
            string number = line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
            return ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong kib) && kib <= ulong.MaxValue >> 10 ? kib << 10 : 0;
        }
        return 0;
    }
}
