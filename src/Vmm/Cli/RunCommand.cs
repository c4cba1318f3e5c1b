using System.CommandLine;
using Vmm.Api;
using Vmm.Background;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli;

/// <summary><c>vmm run</c>: describes a machine, then runs it, here or in the background.</summary>
internal static class RunCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Option<bool> stats = new("--stats") { Description = "Count exits and show them at the end" };
        Option<bool> dryRun = new("--dry-run") { Description = "Print the machine as it would be run, as a file that 'vmm run' takes, and stop" };
        Option<bool> detach = new("--detach", "-d") { Description = "Run it in the background and print its name ('vmm list' shows it, 'vmm console' attaches)" };
        Option<bool> remove = new("--rm") { Description = "With -d: forget it when it ends" };

        Option<bool> paused = new("--paused") { Description = "Hold the guest before its first instruction, until 'vmm resume'" };

        Option<string?> trace = new("--trace") { Description = "Record every exit in a file that 'vmm trace show' and 'vmm trace stats' read", HelpName = "file" };

        Command command = new("run", "Run a machine");
        MachineArguments machine = new(command);
        command.Add(stats);
        command.Add(dryRun);
        command.Add(detach);
        command.Add(remove);
        command.Add(paused);
        command.Add(trace);
        ControlOptions control = new();
        control.AddTo(command);
        command.SetAction(line =>
        {
            ControlEndPoints where = control.Read(line);
            MachineConfig config = machine.Describe(line, given => given.Stats |= line.GetValue(stats));
            if (line.GetValue(dryRun))
                System.Console.Out.WriteLine(MachineConfigFile.Write(config));
            else if (line.GetValue(detach) && line.GetValue(trace) is not null)
                throw UsageException.For(command, "--trace: only in the foreground; 'vmm run -d --paused', then 'vmm trace NAME --save FILE' and 'vmm resume NAME' record all of one in the background");
            else if (line.GetValue(detach))
                System.Console.Out.WriteLine(BackgroundLauncher.Run(config, control.AddTo(line, new VmRecord { RemoveAtEnd = line.GetValue(remove), StartPaused = line.GetValue(paused) })));
            else if (line.GetValue(remove))
                throw UsageException.For(command, "--rm: has a meaning only with -d; a machine in the foreground leaves nothing anyway");
            else
                return MachineSession.Run(config, where, paused: line.GetValue(paused), trace: line.GetValue(trace));
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
