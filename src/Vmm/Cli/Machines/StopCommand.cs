using System.CommandLine;
using Vmm.Cli.Agent;
using Vmm.Control.Local;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm stop</c>: presses the power button and waits; with <c>--force</c> ends a guest that does not hear it.</summary>
internal static class StopCommand
{
    private const double DefaultSeconds = 30;

    private static readonly TimeSpan s_agentPatience = TimeSpan.FromSeconds(5);

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> names = VmArgument.Some();
        Option<string?> timeout = new("--timeout") { Description = "How long the guest may take to power off [30]", HelpName = "SECONDS" };
        Option<bool> force = new("--force") { Description = "End the guest at once if it has not powered off by then" };
        Option<bool> agent = new("--agent") { Description = "Have the guest agent shut the guest down, instead of the power button" };
        Command command = new("stop", "Press a VM's power button and wait until it is off") { names, timeout, force, agent };
        command.SetAction(line =>
        {
            TimeSpan patience = Seconds.Read(line, timeout, DefaultSeconds);
            string[] all = line.GetValue(names)!;
            Action<ControlClient, VmFolder> ask = line.GetValue(agent) ? AskAgent : static (client, _) => client.Ask(ControlVerb.PowerButton);
            // All buttons first: the guests power off beside each other.
            if (all.Length > 1 && !line.GetValue(agent))
                VmArgument.ForEach(all, Press);
            return VmArgument.ForEach(all, folder => Stop(folder, patience, line.GetValue(force), ask));
        });
        return command;
    }

    private static void Press(VmFolder folder)
    {
        using ControlClient? client = ControlClient.TryConnect(folder, KillCommand.PatienceWithAnswer);
        client?.Ask(ControlVerb.PowerButton);
    }

    private static void AskAgent(ControlClient client, VmFolder folder) => new AgentPort(folder).Talk(s_agentPatience, agent =>
    {
        AgentVerbs.ShutDown(agent, "powerdown");
        return true;
    });

    private static void Stop(VmFolder folder, TimeSpan patience, bool force, Action<ControlClient, VmFolder> ask)
    {
        if (ControlClient.TryConnect(folder, KillCommand.PatienceWithAnswer) is not { } client)
        {
            // Nothing runs: that is what was asked for.
            if (!folder.IsAlive)
                return;
            client = ControlClient.Connect(folder, "stop");
        }
        using (client)
        {
            try
            {
                ask(client, folder);
                if (client.WaitUntilGone(patience))
                    return;
            }
            catch (VmmException) when (force || !folder.IsAlive)
            {
                // Paused, or over already.
            }
        }
        if (!folder.IsAlive)
            return;
        if (!force)
            throw new VmmException($"'{folder.Name}' did not power off within {patience.TotalSeconds:0.#} s: its guest may not know ACPI; --force ends it (or vmm kill {folder.Name})");
        KillCommand.Kill(folder);
    }
}
