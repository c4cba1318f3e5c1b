using System.CommandLine;
using Vmm.Api;
using Vmm.Registry;

namespace Vmm.Cli;

/// <summary>The options that say how a process is steered; the same with and without <c>run</c>.</summary>
internal sealed class ControlOptions
{
    private readonly Option<string> _apiSocket = new("--api-socket")
    {
        Description = "Serve the REST API on a Unix socket, made for you alone (0600)",
        HelpName = "PATH|path=PATH|fd=N",
        Arity = ArgumentArity.ExactlyOne,
    };

    private readonly Option<string> _eventMonitor = new("--event-monitor")
    {
        Description = "Write what happens as JSON to a file or FIFO",
        HelpName = "path=FILE|fd=N",
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_apiSocket);
        command.Add(_eventMonitor);
    }

    /// <summary>What was given.</summary>
    /// <exception cref="UsageException">Naming the option.</exception>
    public ControlEndPoints Read(ParseResult line) => new(Read(line, _apiSocket, needsKey: false), Read(line, _eventMonitor, needsKey: true));

    /// <summary>What was given, for a process of its own: it inherits nothing but its VM.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="record">The VM's, to which they are added.</param>
    /// <exception cref="UsageException">Naming the option.</exception>
    public VmRecord AddTo(ParseResult line, VmRecord record)
    {
        ControlEndPoints where = Read(line);
        if (where.HasDescriptor)
            throw UsageException.For(line.CommandResult.Command, "--api-socket and --event-monitor: fd=N is handed to a process in the foreground, and a VM in the background has one of its own: give a path");
        return record with { ApiSocket = Absolute(where.ApiSocket), EventMonitor = Absolute(where.EventMonitor) };
    }

    private static string? Absolute(Vmm.Api.EndPoint? point) => point?.Path is { } path ? Path.GetFullPath(path) : null;

    private static Vmm.Api.EndPoint? Read(ParseResult line, Option<string> option, bool needsKey)
    {
        if (line.GetValue(option) is not string value)
            return null;
        try
        {
            return Vmm.Api.EndPoint.Parse(value, needsKey);
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(line.CommandResult.Command, $"{option.Name}: {wrong.Message}");
        }
    }
}
