using System.CommandLine;
using Vmm.Cli.Machines;
using Vmm.Consoles;
using Vmm.Control;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;

namespace Vmm.Cli.Trace;

/// <summary><c>vmm trace</c>: every exit of a running VM, as it happens, shown or saved.</summary>
internal static class TraceCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        // Not needed before "show" and "stats".
        Argument<string?> name = new("name") { Description = "The VM", Arity = ArgumentArity.ZeroOrOne };
        FilterOptions filters = new();
        StepOptions steps = new();
        Option<string?> count = TraceFileCommands.Count();
        Option<string?> seconds = new("--seconds") { Description = "Stop after so long", HelpName = "seconds" };
        Option<string?> save = new("--save") { Description = "Save it in a file instead of showing it", HelpName = "file" };
        Option<bool> resume = new("--resume") { Description = "Let a VM that is paused go on once it is traced" };
        Option<string?> symbols = TraceFileCommands.Symbols();
        Option<string?> output = TraceFileCommands.Output("text");
        Command command = new("trace", "Show every exit of a running VM as it happens, or save them") { name, count, seconds, resume, save, symbols, output };
        filters.AddTo(command);
        steps.AddTo(command);
        command.Add(TraceFileCommands.CreateShow(name));
        command.Add(TraceFileCommands.CreateStats(name));
        command.SetAction(line =>
        {
            ExitFilter filter = filters.Read(line);
            long most = TraceFileCommands.ReadCount(line, count);
            TimeSpan limit = line.GetValue(seconds) is null ? Timeout.InfiniteTimeSpan : Seconds.Read(line, seconds, 0);
            // Filtered there already; what comes is shown.
            SymbolTable? names = TraceFileCommands.ReadSymbols(line, symbols);
            StepRequest? step = steps.Read(line, names);
            if (step is not null)
                filters.RefuseToHideSteps(line, filter);
            TraceView view = new(names, new ExitFilter(), long.MaxValue, VmArgument.WantsJson(line, output, "text"));
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name) ?? throw UsageException.For(command, "which VM? ('vmm list' shows them)"));
            using TraceFile? file = line.GetValue(save) is { } path ? TraceFile.Create(path) : null;
            using ControlClient client = ControlClient.Connect(folder, "trace");
            client.Ask(new ControlRequest { Verb = ControlVerb.Trace, Trace = new TraceRequest(filter, most == long.MaxValue ? null : most, step) });
            file?.Keep();
            if (line.GetValue(resume))
                Resume(folder);
            else if (PausedNote(StatusOf(folder)) is { } note)
                System.Console.Error.WriteLine(note);
            Receive(client, limit, stream =>
            {
                if (file is null)
                    view.Show(new TraceReader(stream), flush: true);
                else
                    Save(stream, file);
            });
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>What is said of a VM that is paused: nothing comes of it, however long one waits. Null for another.</summary>
    public static string? PausedNote(VmStatus? status) => status?.State != VmState.Paused ? null
        : $"vmm: '{status.Name}' is paused: nothing is traced until it goes on ('vmm resume {status.Name}', or 'vmm trace {status.Name} --resume')";

    private static VmStatus? StatusOf(VmFolder folder)
    {
        try
        {
            using ControlClient? client = ControlClient.TryConnect(folder);
            return client?.Ask(ControlVerb.Status).Status;
        }
        catch (VmmException)
        {
            // It ends: the trace says so.
            return null;
        }
    }

    private static void Resume(VmFolder folder)
    {
        using ControlClient client = ControlClient.Connect(folder, "resume");
        client.Ask(new ControlRequest { Verb = ControlVerb.Resume });
    }

    private static void Save(Stream trace, TraceFile file)
    {
        trace.CopyTo(file.Stream);
        TraceEnd end = file.ReadEnd() ?? throw new TraceException("what came of it is saved");
        System.Console.Error.WriteLine($"vmm: {end.Recorded} exits are in {Printable.Escape(file.Stream.Name)} ('vmm trace show' reads it)");
    }

    private static void Receive(ControlClient client, TimeSpan limit, Action<Stream> use)
    {
        client.Stream.IsPatient = true;
        void HaveEnough() => client.Stream.TrySend([0]);
        bool asked = false;
        using EndSignals signals = new((context, _) =>
        {
            // What is on its way still comes, and the trace's end. Who asks again does not want to wait for it.
            context.Cancel = !asked;
            asked = true;
            HaveEnough();
        });
        using Timer timer = new(_ => HaveEnough(), null, limit, Timeout.InfiniteTimeSpan);
        try
        {
            use(new ControlStreamReader(client.Stream));
        }
        catch (Exception wrong) when (wrong is TraceException or IOException)
        {
            throw new VmmException($"the trace ended early: {wrong.Message}", cause: wrong);
        }
    }
}
