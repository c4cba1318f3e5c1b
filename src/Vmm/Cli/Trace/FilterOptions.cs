using System.CommandLine;
using System.Globalization;
using Vmm.Inspect;
using Vmm.Kvm.Abi;
using Vmm.Machine.Config;
using Vmm.Machine.Exits;
using Vmm.Trace;

namespace Vmm.Cli.Trace;

/// <summary>The options that say which exits are wanted.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> _reason = new("--reason") { Description = "Only exits for these reasons, such as io,mmio [all]", HelpName = "list" };
    private readonly Option<string?> _device = new("--device") { Description = "Only accesses to these devices, such as serial0,disk0 [all]", HelpName = "list" };
    private readonly Option<string?> _port = new("--port") { Description = "Only accesses to these ports, such as 0x3f8-0x3ff,0xcf9", HelpName = "ranges" };
    private readonly Option<string?> _address = new("--address") { Description = "Only accesses to these guest-physical addresses, such as 0xfe000000-0xfe003fff", HelpName = "ranges" };
    private readonly Option<string?> _vcpu = new("--vcpu") { Description = "Only exits of these vCPUs, such as 0,2 [all]", HelpName = "list" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_reason);
        command.Add(_device);
        command.Add(_port);
        command.Add(_address);
        command.Add(_vcpu);
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">One is not understood.</exception>
    public ExitFilter Read(ParseResult line)
    {
        Command command = line.CommandResult.Command;
        return new()
        {
            Reasons = [.. List(line.GetValue(_reason)).Select(word => Reason(command, word))],
            Devices = [.. List(line.GetValue(_device))],
            Ranges = [.. List(line.GetValue(_port)).Select(text => Range(command, "--port", text, ports: true)), .. List(line.GetValue(_address)).Select(text => Range(command, "--address", text, ports: false))],
            Vcpus = [.. List(line.GetValue(_vcpu)).Select(text => Number(command, text))],
        };
    }

    /// <summary>Beside <c>--step</c>: refuses what would leave out every step, for which the guest would be slow in vain.</summary>
    /// <exception cref="UsageException">So it is.</exception>
    public void RefuseToHideSteps(ParseResult line, ExitFilter filter)
    {
        Command command = line.CommandResult.Command;
        if (!filter.Wants(KvmExitReason.KVM_EXIT_DEBUG))
            throw UsageException.For(command, "--step: --reason leaves out every step: steps are exits for 'debug', as in --reason debug,io");
        Option<string?>[] accesses = [_device, _port, _address];
        if (accesses.FirstOrDefault(option => line.GetValue(option) is not null) is { } hides)
            throw UsageException.For(command, $"--step: {hides.Name} leaves out every step, for a step is no access: leave one of the two out");
    }

    private static string[] List(string? text) => text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries);

    private static string Reason(Command command, string word)
    {
        string plain = word.ToLowerInvariant().Replace("kvm_exit_", "", StringComparison.Ordinal);
        return ExitReasonName.All.Contains(plain) ? plain : throw UsageException.For(command, $"--reason: '{Printable.Escape(word)}' is none of {string.Join(", ", ExitReasonName.All)}");
    }

    private static int Number(Command command, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw UsageException.For(command, $"--vcpu: '{Printable.Escape(text)}' is no vCPU's number");

    private static TraceRange Range(Command command, string option, string text, bool ports)
    {
        string[] ends = text.Split('-', 2);
        ulong most = ports ? ushort.MaxValue : ulong.MaxValue;
        if (Addresses.TryParse(ends[0], out ulong first) && Addresses.TryParse(ends[^1], out ulong last) && first <= last && last <= most)
            return new TraceRange(ports, first, last);
        throw UsageException.For(command, $"{option}: '{Printable.Escape(text)}' is neither {(ports ? "a port" : "an address")} nor a range of them, as in {(ports ? "0x3f8-0x3ff" : "0xfe000000-0xfe003fff")}");
    }
}
