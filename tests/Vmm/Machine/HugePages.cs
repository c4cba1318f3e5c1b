using System.Globalization;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>The host's reserved huge pages. Tests that change how many there are, or look, share the collection <see cref="Collection"/>.</summary>
internal sealed class HugePages : IDisposable
{
    public const string Collection = "huge pages";

    private const string Setting = "/proc/sys/vm/nr_hugepages";
    private const string Free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

    private readonly int _before = Reserved;

    /// <summary>Sees to it that so many are free until it is disposed of; skips where that cannot be.</summary>
    public HugePages(int count)
    {
        Assert.SkipUnless(File.Exists(Free), "this host's kernel has no huge pages of 2 MiB");
        int missing = count - Read(Free);
        if (missing <= 0)
            return;
        Assert.SkipUnless(Environment.UserName == "root", "only root can reserve huge pages");
        Write(_before + missing);
        if (Read(Free) >= count)
            return;
        Dispose();
        Assert.Skip($"this host has not got {count} huge pages of 2 MiB in one piece each");
    }

    /// <summary>How many the host has reserved.</summary>
    public static int Reserved => Read(Setting);

    public void Dispose() => Write(_before);

    private static int Read(string path) => int.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);

    private static void Write(int count)
    {
        if (Reserved != count)
            File.WriteAllText(Setting, count.ToString(CultureInfo.InvariantCulture));
    }
}
