using System.CommandLine;
using Vmm.Inspect;
using Vmm.Machine.Config;
using Vmm.Trace;

namespace Vmm.Cli.Trace;

/// <summary>The options that have instructions traced, one by one.</summary>
internal sealed class StepOptions
{
    private readonly Option<bool> _step = new("--step") { Description = "Every instruction, too, with the registers that it changed; interrupts wait meanwhile" };
    private readonly Option<string?> _from = new("--from") { Description = "With --step: from this linear address on, or this name of --symbols [where the vCPUs are]", HelpName = "address" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_step);
        command.Add(_from);
    }

    /// <summary>Reads them.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="symbols">Names of addresses; null for none.</param>
    /// <returns>Null when only exits are wanted.</returns>
    /// <exception cref="UsageException">One is not understood.</exception>
    public StepRequest? Read(ParseResult line, SymbolTable? symbols)
    {
        Command command = line.CommandResult.Command;
        string? from = line.GetValue(_from);
        if (!line.GetValue(_step))
            return from is null ? null : throw UsageException.For(command, "--from: needs --step beside it");
        if (from is null)
            return new StepRequest();
        ulong? address = symbols?.AddressOf(from) ?? (Addresses.TryParse(from, out ulong number) ? number : null);
        return address is not null ? new StepRequest(address) : throw UsageException.For(command,
            $"--from: '{Printable.Escape(from)}' is neither an address, as in 0xffffffff81000000, nor {(symbols is null ? "a name: those need --symbols" : "a name in --symbols")}");
    }
}
