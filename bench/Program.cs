using BenchmarkDotNet.Running;
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
                return StartUp.Run(vmm);
            case "footprint":
                return Footprint.Run(vmm);
            case "exits":
                return ExitPath.Run(vmm);
            case "boot":
                return await BootTime.RunAsync(vmm);
            case "block":
                return await BlockThroughput.RunAsync(vmm);
            case "api":
                return ApiStart.Run(vmm);
            case "fleet":
                return await Fleet.RunAsync(vmm);
            case "micro":
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments[1..]);
                return 0;
            default:
                Console.Error.WriteLine("usage: bench startup|footprint|exits|boot|block|fleet|api|micro   (VMM_BINARY names the vmm to measure; out/vmm otherwise)");
                return Usage;
        }
    }
}
