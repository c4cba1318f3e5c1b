using System.CommandLine;
using Vmm.Inspect;
using Vmm.Machine.Config;
using Vmm.Trace;

namespace Vmm.Cli.Trace;

/// <summary>The options that have instructions traced, one by one.</summary>
internal sealed class StepOptions
{
    /// <summary>Bits of a linear address that no page table looks at, with five levels (Intel SDM volume 1, 3.3.7.1).</summary>
    private const int UnusedBits = 7;

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
        if (address is { } found && (ulong)((long)found << UnusedBits >> UnusedBits) != found)
            throw UsageException.For(command, $"--from: no processor has the address 0x{found:x}: its bits from {64 - UnusedBits} on must all be as bit {63 - UnusedBits}");
        return address is not null ? new StepRequest(address) : throw UsageException.For(command,
            $"--from: '{Printable.Escape(from)}' is neither an address, as in 0xffffffff81000000, nor {(symbols is null ? "a name: those need --symbols" : "a name in --symbols")}");
    }
}
