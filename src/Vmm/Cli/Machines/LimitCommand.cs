using System.CommandLine;
using Vmm.Control.Local;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm limit</c>: changes what a device of a running VM may do in a time.</summary>
internal static class LimitCommand
{
    private const string Off = "off";

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string> device = new("device") { Description = "The device's id, such as disk0" };
        Argument<string[]> limits = new("limit")
        {
            Description = "bandwidth=RATE, bandwidth-burst=SIZE, ops=RATE, ops-burst=N, or off; a RATE is 50M/s, 1000/s, 5M/100ms",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("limit", "Limit what a device of a running VM may do in a time") { name, device, limits };
        command.SetAction(line =>
        {
            RateConfig? limit = Read(command, line.GetValue(limits)!);
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using ControlClient client = ControlClient.Connect(folder, "limit a device of");
            client.Ask(new ControlRequest { Verb = ControlVerb.Limit, Device = line.GetValue(device), Limit = limit });
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static RateConfig? Read(Command command, string[] limits)
    {
        if (limits is [Off])
            return null;
        if (limits.Contains(Off))
            throw UsageException.For(command, $"{Off} stands alone: it lifts every limit; leave it out, or the others");
        try
        {
            KeyValues parts = new(string.Join(',', limits), RateKeys.First);
            RateConfig? limit = RateKeys.Read(parts);
            parts.Done();
            limit?.Check("limit");
            return limit ?? throw new FormatException($"needs bandwidth=RATE or ops=RATE, or {Off}");
        }
        catch (Exception wrong) when (wrong is FormatException or MachineConfigException)
        {
            throw UsageException.For(command, wrong.Message);
        }
    }
}
