using System.CommandLine;
using System.Globalization;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm stop</c>: presses the power button and waits; with <c>--force</c> ends a guest that does not hear it.</summary>
internal static class StopCommand
{
    private const double DefaultSeconds = 30;

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string[]> names = VmArgument.Some();
        Option<string?> timeout = new("--timeout") { Description = "How long the guest may take to power off [30]", HelpName = "SECONDS" };
        Option<bool> force = new("--force") { Description = "End the guest at once if it has not powered off by then" };
        Command command = new("stop", "Press a VM's power button and wait until it is off") { names, timeout, force };
        command.SetAction(line =>
        {
            TimeSpan patience = Seconds(line, timeout);
            string[] all = line.GetValue(names)!;
            // All buttons first: the guests power off beside each other.
            if (all.Length > 1)
                VmArgument.ForEach(all, Press);
            return VmArgument.ForEach(all, folder => Stop(folder, patience, line.GetValue(force)));
        });
        return command;
    }

    /// <summary>A number of seconds that an option gives.</summary>
    private static TimeSpan Seconds(ParseResult line, Option<string?> option)
    {
        if (line.GetValue(option) is not string text)
            return TimeSpan.FromSeconds(DefaultSeconds);
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and <= 86400
            ? TimeSpan.FromSeconds(seconds)
            : throw UsageException.For(line.CommandResult.Command, $"{option.Name}: '{Machine.Config.Printable.Escape(text)}' is not a number of seconds from 0 to 86400");
    }

    private static void Press(VmFolder folder)
    {
        using ControlClient? client = ControlClient.TryConnect(folder);
        client?.Ask(ControlVerb.PowerButton);
    }

    private static void Stop(VmFolder folder, TimeSpan patience, bool force)
    {
        if (ControlClient.TryConnect(folder) is not { } client)
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
                client.Ask(ControlVerb.PowerButton);
                if (client.WaitForEnd(patience))
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
