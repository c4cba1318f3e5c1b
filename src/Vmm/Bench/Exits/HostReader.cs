using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Vmm.Cli;
using Vmm.Kvm;

namespace Vmm.Bench.Exits;

/// <summary>Reads the <see cref="HostRecord"/> from /proc and /sys.</summary>
/// <param name="root">Where these are; a test has its own.</param>
internal sealed class HostReader(string root = "/")
{
    private const int FeatureLeaf = 1;
    private const int HypervisorBit = 1 << 31;
    private const string None = "none";

    /// <summary>Reads it.</summary>
    /// <param name="placement">Where the threads are kept.</param>
    /// <param name="size">How much is measured.</param>
    /// <param name="tscKhz">The guest's TSC frequency.</param>
    /// <param name="compiler">What is to be said of the compiler.</param>
    public HostRecord Read(HostPlacement placement, BatchSize size, long tscKhz, string compiler) => new()
    {
        Date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture),
        Vmm = VersionCommand.Current,
        Processor = CpuInfo("model name"),
        Microcode = CpuInfo("microcode"),
        Processors = placement.Usable,
        Kernel = $"{Text("proc/sys/kernel/osrelease")} {Text("proc/sys/kernel/version")}".Trim(),
        KvmModules = Modules(),
        KvmParameters = Parameters(),
        Mitigations = Files("sys/devices/system/cpu/vulnerabilities"),
        Governor = Text($"sys/devices/system/cpu/cpu{placement.Vcpu}/cpufreq/scaling_governor") is { Length: > 0 } governor ? governor : None,
        Nesting = Nesting(),
        TscKhz = tscKhz,
        Pinned = placement.HasTwo ? $"vCPU on {placement.Vcpu}, everything else on {placement.Others}" : $"all on {placement.Vcpu}, the only one",
        Amount = $"{size.Batches} batches of {size.Turns} samples (fewer where a row takes long), ours and C in turn",
        Compiler = compiler,
    };

    private static string Nesting()
    {
        bool isGuest = (X86Base.CpuId(FeatureLeaf, 0).Ecx & HypervisorBit) != 0;
        string processor = HostProcessor.HasVirtualization ? "its processor offers VT-x or SVM" : "its processor offers neither VT-x nor SVM, so KVM emulates CPL 0";
        return isGuest ? $"the host is a guest; {processor}" : $"the host is no guest; {processor}";
    }

    private string CpuInfo(string key)
    {
        foreach (string line in Text("proc/cpuinfo").Split('\n'))
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && line[..colon].Trim() == key)
                return line[(colon + 1)..].Trim();
        }
        return "unknown";
    }

    private List<string> Modules() => Directory.Exists(At("sys/module"))
        ? [.. Directory.EnumerateDirectories(At("sys/module"), "kvm*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)]
        : [];

    private SortedDictionary<string, string> Parameters()
    {
        SortedDictionary<string, string> all = new(StringComparer.Ordinal);
        foreach (string module in Modules())
        {
            foreach ((string name, string value) in Files($"sys/module/{module}/parameters"))
                all.Add($"{module}.{name}", value);
        }
        return all;
    }

    private SortedDictionary<string, string> Files(string folder)
    {
        SortedDictionary<string, string> all = new(StringComparer.Ordinal);
        if (Directory.Exists(At(folder)))
        {
            foreach (string path in Directory.EnumerateFiles(At(folder)))
                all.Add(Path.GetFileName(path), Text(Path.Combine(folder, Path.GetFileName(path))));
        }
        return all;
    }

    private string At(string path) => Path.Combine(root, path);

    private string Text(string path)
    {
        try
        {
            return File.ReadAllText(At(path)).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Write-only parameters, and what this kernel has not.
            return "";
        }
    }
}
