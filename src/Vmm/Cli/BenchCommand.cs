using System.CommandLine;
using System.Globalization;
using Vmm.Bench;
using Vmm.Cli.Bench;
using Vmm.Cli.Machines;
using Vmm.Host;

namespace Vmm.Cli;

/// <summary><c>vmm bench</c>: measures this host's KVM with the built-in guests.</summary>
internal static class BenchCommand
{
    private const int DefaultRounds = 1000;
    private const int MostRounds = 1_000_000;

    /// <summary>The command for the parser.</summary>
    public static Command Create() => new("bench", "Measure this host's KVM")
    {
        CreatePause(),
        ExitsCommand.Create(),
        CompareCommand.Create(),
    };

    private static Command CreatePause()
    {
        Option<string?> rounds = new("--rounds") { Description = $"How many pauses [{DefaultRounds}]", HelpName = "N" };
        Option<string?> output = VmArgument.Output();
        Command command = new("pause", "How long a pause takes that has to hold vCPUs which spin, halt and storm") { rounds, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            PauseResult result = PauseBench.Run(WholeNumber.Read(line, rounds, 1, MostRounds) ?? DefaultRounds);
            if (json)
                MachinesJson.Print(result, MachinesJson.Default.PauseResult);
            else
                System.Console.Out.Write(Text(result));
            return result.Leaks == 0 ? ExitCodes.PoweredOff : throw new VmmException($"in {result.Leaks} of {result.Pauses} pauses a vCPU ran on", ExitCodes.Internal);
        });
        return command;
    }

    private static string Text(PauseResult r) => string.Create(CultureInfo.InvariantCulture,
        $"{r.Pauses} pauses of {r.Vcpus} vCPUs (spinning, halted, storming memory, storming ports), until the last is held\nmin {r.MinUs:0.0} µs   p50 {r.P50Us:0.0} µs   p90 {r.P90Us:0.0} µs   p99 {r.P99Us:0.0} µs   max {r.MaxUs:0.0} µs\nexits while held: {(r.Leaks == 0 ? "none" : $"in {r.Leaks} pauses")}\n");
}
