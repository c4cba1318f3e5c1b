using System.CommandLine;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Inspect.Report;
using Vmm.Inspect.Sources;
using Vmm.Machine.Config;

namespace Vmm.Cli.Inspect;

/// <summary><c>vmm inspect</c>: what a machine holds: registers, code, memory, page tables, devices.</summary>
internal static class InspectCommand
{
    private const string Number = "N";

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> target = InspectedTarget.Argument();
        Argument<string> what = new("what") { Description = Word.All<InspectTopic>() };
        Argument<string?> where = new("where") { Description = "An address or a register's name, for code, memory and walk; a device, for queues", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> vcpu = new("--vcpu") { Description = "Of which vCPU [0]", HelpName = Number };
        Option<string?> count = new("--count") { Description = "How many instructions (code) [10] or bytes (memory) [128]", HelpName = Number };
        Option<bool> physical = new("--physical") { Description = "The address is a guest-physical one (memory)" };
        Option<string?> check = new("--check") { Description = "Look up so many random addresses, and compare with what KVM says (walk)", HelpName = Number };
        Option<string?> output = VmArgument.Output();
        Command command = new("inspect", "Look at what a VM or a snapshot holds") { target, what, where, vcpu, count, physical, check, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            InspectRequest request = new(Topic(command, line.GetValue(what)!))
            {
                Vcpu = WholeNumber.Read(line, vcpu, 0, int.MaxValue) ?? 0,
                Where = line.GetValue(where),
                Count = WholeNumber.Read(line, count, 0, int.MaxValue),
                Physical = line.GetValue(physical),
                Check = WholeNumber.Read(line, check, 0, int.MaxValue),
            };
            Check(command, request);
            Print(Ask(InspectedTarget.Find(line.GetValue(target)!), request), json);
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static InspectReport Ask(InspectedTarget target, InspectRequest request)
    {
        if (target.Vm is { } vm)
        {
            using ControlClient client = ControlClient.Connect(vm, "inspect");
            // Many look-ups take a while.
            client.Stream.IsPatient = request.Check is not null;
            return client.Ask(new ControlRequest { Verb = ControlVerb.Inspect, Inspect = request }).Inspect!;
        }
        using SnapshotSource snapshot = SnapshotSource.Open(target.Snapshot!);
        return Inspector.Answer(snapshot.Machine, request);
    }

    private static void Print(InspectReport report, bool json)
    {
        if (!json)
        {
            System.Console.Out.Write(InspectText.Of(report));
            return;
        }
        using Stream stdout = StandardOutput.Open();
        InspectJson.Write(report, stdout);
    }

    private static InspectTopic Topic(Command command, string word)
    {
        try
        {
            return InspectRules.Topic(word);
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, wrong.Message);
        }
    }

    private static void Check(Command command, InspectRequest request)
    {
        try
        {
            InspectRules.Check(request);
        }
        catch (VmmException wrong)
        {
            throw UsageException.For(command, wrong.Message);
        }
    }
}
