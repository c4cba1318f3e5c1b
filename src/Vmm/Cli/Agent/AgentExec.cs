using System.CommandLine;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Cli.Agent;

/// <summary><c>vmm agent VM exec</c>: runs a program in the guest, shows what it wrote and ends as it did.</summary>
internal static class AgentExec
{
    private const double DefaultSeconds = 60;

    /// <summary>The agent has no event for the end of a program: it is asked, ever less often.</summary>
    private static readonly TimeSpan s_shortestRest = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan s_longestRest = TimeSpan.FromMilliseconds(500);

    /// <summary>The command for the parser.</summary>
    /// <param name="vm">The VM's name, which stands before it.</param>
    public static Command Create(Argument<string?> vm)
    {
        VerbatimArgument program = new("command") { Description = "The program and its arguments; '--' before it ends vmm's own options", Arity = ArgumentArity.OneOrMore };
        Option<string?> within = new("--within") { Description = "How long the program may run [60]", HelpName = "SECONDS" };
        return AgentCommand.Verb(vm, "exec", "Run a program in the guest, show what it wrote, and end with its exit code", [program, within], (line, _, agent) =>
            Run(agent, line.GetValue(program)!, Seconds.Read(line, within, DefaultSeconds)));
    }

    /// <summary>Runs it.</summary>
    /// <returns>Its exit code, or 128 and a signal's number.</returns>
    /// <exception cref="VmmException">It could not be started, or takes too long: then it runs on.</exception>
    public static int Run(AgentClient agent, IReadOnlyList<string> command, TimeSpan limit)
    {
        long deadline = AgentChannel.Deadline(limit);
        AgentMessages.ExecArguments start = new(command[0], [.. command.Skip(1)], CaptureOutput: true);
        AgentMessages.ExecProcess process = AgentClient.Read(
            agent.Execute("guest-exec", start, AgentJson.Default.ExecArguments), AgentJson.Default.ExecProcess, "guest-exec");
        for (TimeSpan rest = s_shortestRest; ; rest = rest * 2 < s_longestRest ? rest * 2 : s_longestRest)
        {
            AgentMessages.ExecStatus status = AgentClient.Read(
                agent.Execute("guest-exec-status", process, AgentJson.Default.ExecProcess, AgentClient.LongestOutput), AgentJson.Default.ExecStatus, "guest-exec-status");
            if (status.Exited)
                return Show(status);
            if (AgentChannel.Deadline(TimeSpan.Zero) >= deadline)
                throw new VmmException($"'{Printable.Escape(command[0])}' has not ended within {limit.TotalSeconds:0.#} s; it runs on in the guest, as process {process.Pid} (--within gives it longer)");
            agent.Rest(rest, deadline);
        }
    }

    private static int Show(AgentMessages.ExecStatus status)
    {
        GuestText.Write(status.OutData, toError: false);
        GuestText.Write(status.ErrData, toError: true);
        if (status.OutTruncated == true || status.ErrTruncated == true)
            System.Console.Error.WriteLine("vmm: the agent kept only the beginning of what the program wrote");
        return status.Signal is int signal ? ExitCodes.Signalled(signal & 0x7f) : (status.Exitcode ?? 0) & 0xff;
    }
}
