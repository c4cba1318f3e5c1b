using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli.Agent;

/// <summary>The commands of <c>vmm agent</c> that change something in the guest, and <c>ping</c>.</summary>
internal static class AgentVerbs
{
    private const string Shutdown = "guest-shutdown";
    private const int MostFilesystems = 1 << 20;

    /// <summary>The commands for the parser.</summary>
    /// <param name="vm">The VM's name, which stands before them.</param>
    public static IEnumerable<Command> Create(Argument<string?> vm)
    {
        yield return AgentCommand.Verb(vm, "ping", "See whether the agent answers", [], (_, _, agent) =>
        {
            agent.Execute("guest-ping");
            return ExitCodes.PoweredOff;
        });
        yield return AgentCommand.Verb(vm, "freeze", "Bring the guest's file systems to a state that can be copied, and hold them there", [], (_, name, agent) =>
        {
            System.Console.Out.WriteLine($"{Count(agent, "guest-fsfreeze-freeze")} file systems are frozen; 'vmm agent {name} thaw' lets them go on");
            return ExitCodes.PoweredOff;
        });
        yield return AgentCommand.Verb(vm, "thaw", "Let frozen file systems go on", [], (_, _, agent) =>
        {
            System.Console.Out.WriteLine($"{Count(agent, "guest-fsfreeze-thaw")} file systems were thawed");
            return ExitCodes.PoweredOff;
        });
        yield return AgentCommand.Verb(vm, "freeze-status", "Show whether file systems are frozen", [], (_, _, agent) =>
        {
            JsonElement status = agent.Execute("guest-fsfreeze-status");
            System.Console.Out.WriteLine(Printable.Escape(status.ToString(), longest: 40));
            return ExitCodes.PoweredOff;
        });
        yield return ShutdownCommand(vm);
        yield return SetTimeCommand(vm);
    }

    /// <summary>Has the guest shut itself down. Its agent says nothing when it does.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="mode">powerdown, reboot or halt.</param>
    public static void ShutDown(AgentClient agent, string mode) =>
        agent.ExecuteUnanswered(Shutdown, JsonSerializer.Serialize(new AgentMessages.ShutdownArguments(mode), AgentJson.Default.ShutdownArguments));

    private static Command ShutdownCommand(Argument<string?> vm)
    {
        Option<bool> reboot = new("--reboot") { Description = "Start the guest again" };
        Option<bool> halt = new("--halt") { Description = "Stop it without powering off" };
        return AgentCommand.Verb(vm, "shutdown", "Have the guest shut itself down; returns when it has begun to", [reboot, halt], (line, _, agent) =>
        {
            if (line.GetValue(reboot) && line.GetValue(halt))
                throw UsageException.For(line.CommandResult.Command, "--reboot and --halt: give one of them");
            ShutDown(agent, line.GetValue(reboot) ? "reboot" : line.GetValue(halt) ? "halt" : "powerdown");
            return ExitCodes.PoweredOff;
        });
    }

    private static Command SetTimeCommand(Argument<string?> vm)
    {
        Argument<string?> time = new("time") { Description = "As in 2026-01-31T12:00:00Z [the host's, now]", Arity = ArgumentArity.ZeroOrOne };
        return AgentCommand.Verb(vm, "set-time", "Set the guest's clock", [time], (line, _, agent) =>
        {
            agent.Execute("guest-set-time", new((ReadTime(line, time) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick), AgentJson.Default.TimeArguments);
            return ExitCodes.PoweredOff;
        }, line => ReadTime(line, time));
    }

    private static DateTimeOffset ReadTime(ParseResult line, Argument<string?> time) => line.GetValue(time) is not { } text ? DateTimeOffset.UtcNow
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset given) && given >= DateTimeOffset.UnixEpoch ? given
        : throw UsageException.For(line.CommandResult.Command, $"'{Printable.Escape(text)}' is no time; write it as 2026-01-31T12:00:00Z");

    private static int Count(AgentClient agent, string command)
    {
        JsonElement count = agent.Execute(command);
        return count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out int number) && number is >= 0 and < MostFilesystems
            ? number
            : throw new VmmException($"the guest agent's answer to {command} is no number of file systems: {Printable.Escape(count.ToString(), longest: 80)}");
    }
}
