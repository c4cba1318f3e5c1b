using System.CommandLine;
using System.Text.Json;
using Vmm.GuestAgent;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Agent;

/// <summary><c>vmm agent VM …</c>: what QEMU's guest agent in a VM does when it is asked to.</summary>
internal static class AgentCommand
{
    /// <summary>How long an answer may take. Freezing may have to wait for disks.</summary>
    private const double DefaultSeconds = 10;

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string?> name = new("vm") { Description = "The VM, which has a port for the agent (--agent)", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("agent", "Ask the guest agent in a VM to do something") { name };
        foreach (Command verb in (IEnumerable<Command>)[.. AgentVerbs.Create(name), AgentExec.Create(name), .. AgentViews.Create(name)])
            command.Add(verb);
        command.SetAction(int (ParseResult _) => throw UsageException.For(command, "the form is 'vmm agent VM COMMAND'; the commands are " + string.Join(", ", command.Subcommands.Select(verb => verb.Name))));
        return command;
    }

    /// <summary>One of its commands.</summary>
    /// <param name="vm">The VM's name, which stands before it.</param>
    /// <param name="verb">Its name.</param>
    /// <param name="description">For the help.</param>
    /// <param name="parts">Its own arguments and options.</param>
    /// <param name="act">Does it, once the agent has answered the handshake; returns the exit code.</param>
    /// <param name="check">Looks at the command line before the agent is asked anything; null for nothing to look at.</param>
    public static Command Verb(Argument<string?> vm, string verb, string description, IReadOnlyList<Symbol> parts, Func<ParseResult, string, AgentClient, int> act, Action<ParseResult>? check = null)
    {
        Option<string?> timeout = new("--timeout") { Description = "How long an answer of the agent's may take [10]", HelpName = "SECONDS" };
        Command command = new(verb, description);
        foreach (Symbol part in parts)
        {
            if (part is Argument argument)
                command.Add(argument);
            else
                command.Add((Option)part);
        }
        command.Add(timeout);
        command.SetAction(line =>
        {
            string name = line.GetValue(vm) ?? throw UsageException.For(command, "needs the VM before it: vmm agent VM " + verb);
            TimeSpan patience = Seconds.Read(line, timeout, DefaultSeconds, orNone: false);
            check?.Invoke(line);
            VmFolder folder = VmHome.Find().Existing(name);
            return new AgentPort(folder).Talk(patience, client => act(line, name, client));
        });
        return command;
    }

    /// <summary>Shows what the agent returned, as JSON in which nothing can steer a terminal.</summary>
    public static void Print(JsonElement answer)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, new() { Indented = true }))
            answer.WriteTo(writer);
        output.WriteByte((byte)'\n');
    }
}
