using Vmm.Lab.Channel;
using Vmm.Lab.Hosts;

namespace Vmm.Bench.SideBySide;

/// <summary>
/// Where a benchmark of tiny guests runs: here, or, on a host without KVM, in the lab, whose clock is slow. Memory and ratios
/// of one run hold there; times do not.
/// </summary>
internal static class WhereKvmIs
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);

    private static readonly string[] s_tools = ["exit_loop", "measure", "stream"];

    /// <summary>Runs a benchmark here, or this program with the same arguments in the lab.</summary>
    /// <param name="vmm">The shipped binary.</param>
    /// <param name="arguments">This program's.</param>
    /// <param name="run">The benchmark.</param>
    public static async Task<int> RunAsync(string vmm, string[] arguments, Func<string, int> run)
    {
        if (File.Exists("/dev/kvm"))
            return run(vmm);
        Console.WriteLine("no /dev/kvm here: this runs in the lab, on an emulated processor. Read memory and ratios, not times.");
        // In the lab the checkout cannot be written to.
        foreach (string tool in s_tools)
            NativeTools.Build(tool);
        ILabHost lab = await LabHost.EnsureAsync();
        LabCommand command = new(["dotnet", typeof(WhereKvmIs).Assembly.Location, .. arguments])
        {
            Folder = Environment.CurrentDirectory,
            Environment = new Dictionary<string, string> { ["VMM_BINARY"] = vmm },
            Sink = async (data, _) => await Console.OpenStandardOutput().WriteAsync(data),
        };
        return (await lab.RunAsync(command, timeout: s_limit)).ExitCode;
    }
}
