using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Vmm.Bench.Micro;
using Vmm.Bench.SideBySide;

namespace Vmm.Bench;

/// <summary>One benchmark a word; see <c>bench/README.md</c>.</summary>
internal static class Program
{
    private const int Usage = 2;

    private static async Task<int> Main(string[] arguments)
    {
        string vmm = Environment.GetEnvironmentVariable("VMM_BINARY") ?? Path.GetFullPath("out/vmm");
        switch (arguments.FirstOrDefault())
        {
            case "startup":
                return await WhereKvmIs.RunAsync(vmm, arguments, StartUp.Run);
            case "footprint":
                return await WhereKvmIs.RunAsync(vmm, arguments, Footprint.Run);
            case "exits":
                return await WhereKvmIs.RunAsync(vmm, arguments, it => ExitPath.Run(it, arguments.Length > 1 ? uint.Parse(arguments[1], CultureInfo.InvariantCulture) : ExitPath.First));
            case "snapshot":
                return await WhereKvmIs.RunAsync(vmm, arguments, SnapshotAndRestore.Run);
            case "boot":
                return await BootTime.RunAsync(vmm);
            case "block":
                return await BlockThroughput.RunAsync(vmm, arguments[1..]);
            case "net":
                return await NetThroughput.RunAsync(vmm, arguments[1..]);
            case "api":
                return ApiStart.Run(vmm) | await WhereKvmIs.RunAsync(vmm, ["api-beside-guest"], ApiStart.RunBesideGuest);
            case "api-beside-guest":
                return ApiStart.RunBesideGuest(vmm);
            case "fleet":
                return await Fleet.RunAsync(vmm);
            case "migration":
                return await WhereKvmIs.RunAsync(vmm, arguments, binary => MigrationTime.Run(binary, arguments[1..]));
            case "data-path":
                return DataPath.Run(arguments.ElementAtOrDefault(1));
            case "data-path-receive":
                return DataPath.Receive();
            case "micro":
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments[1..], DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance)));
                return 0;
            case "budgets":
                return Budgets.Run();
            default:
                Console.Error.WriteLine("usage: bench startup|footprint|exits|snapshot|boot|block|net|migration|data-path|fleet|api|micro|budgets   (VMM_BINARY names the vmm to measure; out/vmm otherwise)");
                return Usage;
        }
    }
}
