using System.CommandLine;
using System.Globalization;
using Vmm.Control.Local;
using Vmm.Devices.Virtio.Balloon;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm balloon</c>: shows a running VM's balloon and what the guest tells of its memory, or wishes another size.</summary>
internal static class BalloonCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string?> size = new("size") { Description = "What the guest shall give up of its memory, such as 256M; without it the balloon is shown", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> output = VmArgument.Output();
        Command command = new("balloon", "Show or set how much memory a running VM's guest gives back") { name, size, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            ulong? wanted = line.GetValue(size) is string text ? Parse(command, text) : null;
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            using ControlClient client = ControlClient.Connect(folder, "reach the balloon of");
            if (wanted is { } bytes)
                client.Ask(new ControlRequest { Verb = ControlVerb.Balloon, BalloonBytes = bytes });
            if (wanted is not null && !json)
                return ExitCodes.PoweredOff;
            BalloonMetrics balloon = client.Ask(ControlVerb.Balloon).Balloon!;
            if (json)
                MachinesJson.Print(balloon, MachinesJson.Default.BalloonMetrics);
            else
                System.Console.Out.Write(Text(balloon));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static ulong Parse(Command command, string text)
    {
        try
        {
            return ByteSize.Parse(text).Bytes;
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, $"size: {wrong.Message}");
        }
    }

    private static string Text(BalloonMetrics balloon)
    {
        TextTable table = new();
        table.Add("target", Size(balloon.TargetBytes));
        table.Add("actual", balloon.HasDriver ? Size(balloon.ActualBytes) : "the guest has no driver for it, or not yet");
        table.Add("given back", $"{Size(balloon.ReleasedBytes)} by the balloon, {Size(balloon.ReportedBytes)} reported as free");
        if (balloon.KeptBytes > 0)
            table.Add("not taken", $"{Size(balloon.KeptBytes)}: parts of huge pages, poisoned pages or locked memory");
        if (balloon.SkippedPages > 0)
            table.Add("skipped", string.Create(CultureInfo.InvariantCulture, $"{balloon.SkippedPages} pages that the driver should not have named"));
        if (balloon.Guest is { } guest)
            Add(table, guest);
        return table.ToString();
    }

    private static void Add(TextTable table, in GuestMemoryStatistics guest)
    {
        AddSize("total", guest.TotalBytes);
        AddSize("free", guest.FreeBytes);
        AddSize("available", guest.AvailableBytes);
        AddSize("caches", guest.CacheBytes);
        AddSize("swapped in", guest.SwapInBytes);
        AddSize("swapped out", guest.SwapOutBytes);
        AddNumber("major faults", guest.MajorFaults);
        AddNumber("minor faults", guest.MinorFaults);
        AddNumber("huge pages", guest.HugePagesAllocated);
        AddNumber("huge failed", guest.HugePagesFailed);

        void AddSize(string what, ulong? bytes)
        {
            if (bytes is { } told)
                table.Add($"guest {what}", Size(told));
        }

        void AddNumber(string what, ulong? number)
        {
            if (number is { } told)
                table.Add($"guest {what}", told.ToString("#,0", CultureInfo.InvariantCulture));
        }
    }

    private static string Size(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.#} MiB");
}
