using System.CommandLine;
using System.Text;
using System.Text.Json;
using Vmm.Control;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm events</c>: what happened in the lives of VMs, and with <c>--follow</c> what happens.</summary>
internal static class EventsCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> names = new("name") { Description = "Only these VMs [all]", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> follow = new("--follow") { Description = "Go on as more happens" };
        Option<string?> output = VmArgument.Output();
        Command command = new("events", "Show what happened in the lives of VMs") { names, follow, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            VmHome home = VmHome.Find();
            HashSet<string> wanted = new(line.GetValue(names)!.Select(name => home.Folder(name).Name), StringComparer.Ordinal);
            using FollowedFile file = new(home.EventsFile);
            HashSet<string> unheard = new(wanted.Where(name => !home.Folder(name).Exists), StringComparer.Ordinal);
            LineSplitter lines = new(text => Show(text, wanted, unheard, json));
            file.CopyTo(lines);
            if (unheard.Count > 0 && !line.GetValue(follow))
                throw new VmmException($"there is no VM '{unheard.First()}', and nothing is known of an earlier one of that name");
            while (line.GetValue(follow) && StandardOutput.HasReader)
            {
                file.WaitForMore();
                file.CopyTo(lines);
            }
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static void Show(byte[] line, HashSet<string> wanted, HashSet<string> unheard, bool json)
    {
        MachineEvent? what;
        try
        {
            what = JsonSerializer.Deserialize(line, EventJson.Default.MachineEvent);
        }
        catch (JsonException)
        {
            // Cut off by a full disk.
            return;
        }
        if (what is null || (wanted.Count > 0 && !wanted.Contains(what.Machine)))
            return;
        unheard.Remove(what.Machine);
        string more = what.Properties is null ? "" : "  " + string.Join(", ", what.Properties.Select(pair => $"{pair.Key}: {pair.Value}"));
        System.Console.Out.WriteLine(json ? Encoding.UTF8.GetString(line) : $"{what.Time.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff}  {what.Machine,-16}  {what.Source} {what.Name}{more}");
    }
}
