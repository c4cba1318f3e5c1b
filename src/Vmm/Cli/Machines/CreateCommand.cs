using System.CommandLine;
using Vmm.Background;
using Vmm.Machine;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm create</c>: describes a VM without starting it, once everything it needs is there.</summary>
internal static class CreateCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Option<bool> force = new("--force") { Description = "Create it even if something that it needs is not there yet" };
        Command command = new("create", "Describe a VM without starting it, and check that what it needs is there");
        MachineArguments machine = new(command);
        command.Add(force);
        ControlOptions control = new();
        control.AddTo(command);
        command.SetAction(line =>
        {
            VmRecord record = control.AddTo(line, new VmRecord { CreatedAt = DateTimeOffset.UtcNow });
            MachineConfig config = AbsolutePaths.Of(machine.Describe(line));
            HostFiles.Check(config, record.EventMonitor);
            VmHome home = VmHome.Find();
            OvercommitReport host = Overcommit.Look(home, (config.Name, config.Cpus.Topology.Count, config.Memory.Size.Bytes));
            IReadOnlyList<Check.HostFinding> findings = [.. Preflight.Look(config), .. Overcommit.Findings(host)];
            TextTable table = new();
            foreach (Check.HostFinding finding in findings)
                table.Add(Word.Of(finding.Verdict), finding.Name, finding.Detail);
            System.Console.Error.Write(table);
            if (findings.Any(finding => finding.Verdict == Check.Verdict.Fails) && !line.GetValue(force))
                throw new Host.VmmException("the VM was not created: see the lines that say 'fails'; --force creates it all the same");
            using LockedVm vm = VmNames.Define(home, config, record);
            System.Console.Out.WriteLine(vm.Folder.Name);
            return ExitCodes.PoweredOff;
        });
        return command;
    }
}
