using System.CommandLine;
using System.Globalization;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Ports;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm info</c>: all that is known of one VM.</summary>
internal static class InfoCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Option<string?> output = VmArgument.Output();
        Command command = new("info", "Show all that is known of a VM") { name, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            VmInfo info = Look(folder) with { Host = Overcommit.Look(folder.Home) };
            if (json)
                MachinesJson.Print(info, MachinesJson.Default.VmInfo);
            else
                System.Console.Out.Write(Text(folder, info));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static VmInfo Look(VmFolder folder)
    {
        VmView view = VmView.Look(folder);
        MachineConfig? config = null;
        if (view.Status is not null)
        {
            using ControlClient? client = ControlClient.TryConnect(folder);
            config = client?.Ask(ControlVerb.Config).Config;
        }
        config ??= AtRest(folder);
        return new VmInfo { Vm = VmRow.Of(view, view), Record = view.Record, Config = config, Resets = view.Status?.Resets ?? 0, GenerationId = view.Status?.GenerationId, NetAddresses = view.Status?.NetAddresses, Migration = view.Status?.Migration, Debugger = view.Status?.Debugger, Folder = folder.Path };
    }

    private static MachineConfig AtRest(VmFolder folder)
    {
        try
        {
            return folder.ReadConfig();
        }
        catch (VmmException unread) when (folder.IsAlive)
        {
            // It is just arriving, or going.
            throw new VmmException($"the process of '{folder.Name}' has no description of it at this moment; try again", cause: unread);
        }
    }

    private static string Text(VmFolder folder, VmInfo info)
    {
        TextTable table = new();
        MachineConfig config = info.Config;
        table.Add("name", info.Vm.Name);
        table.Add("state", info.Vm.Pid is int pid ? string.Create(CultureInfo.InvariantCulture, $"{info.Vm.State}, process {pid}{(info.Record.Foreground ? ", at a terminal" : "")}") : info.Vm.State);
        if (info.Vm.UptimeSeconds is double uptime)
            table.Add("uptime", $"{ListCommand.Uptime(uptime)}{(info.Resets > 0 ? $", {info.Resets} resets" : "")}");
        if (info.Migration is { } migration)
            table.Add("migration", migration.Text(info.Vm.Name));
        if (info.Vm.Outcome is string outcome)
            table.Add("last run", info.Vm.ExitCode is int code ? $"{outcome}, exit code {code}" : $"{outcome}: vmm and its guest took more than memory-max ({config.MemoryMax}); the kernel ended them");
        table.Add("created", Time(info.Record.CreatedAt));
        if (info.Record.StartedAt is DateTimeOffset started)
            table.Add("started", Time(started));
        if (info.Record.EndedAt is DateTimeOffset ended)
            table.Add("ended", Time(ended));
        table.Add("guest", config.Kernel ?? $"{config.Firmware}, built in");
        if (config.Initrd is string initrd)
            table.Add("initrd", initrd);
        if (config.Cmdline is { Length: > 0 } commandLine)
            table.Add("cmdline", commandLine);
        table.Add("processors", string.Create(CultureInfo.InvariantCulture, $"{config.Cpus.Count}, {config.Cpu}"));
        table.Add("memory", config.Memory.Size.ToString());
        if (Limits(config) is { Length: > 0 } limits)
            table.Add("limits", limits);
        foreach (DiskConfig disk in config.Disk)
            table.Add($"disk {disk.Id}", $"{disk.Path}{(disk.Readonly ? ", read-only" : "")}{(disk.Direct ? ", direct" : "")}");
        foreach ((int place, NetConfig net) in config.Net.Index())
            table.Add($"net {net.Id}", NetText.Of(net, info.NetAddresses?.ElementAtOrDefault(place)));
        if (config.Balloon is { } balloon)
            table.Add("balloon", $"{balloon.Size}{(balloon.DeflateOnOom ? ", deflates on OOM" : "")}{(balloon.FreePageReporting ? ", free page reporting" : "")}");
        if (info.GenerationId is { } generation)
            table.Add("generation", generation.ToString());
        if (info.Debugger is { } debugger)
            table.Add("debugger", $"{debugger.Place}, {(debugger.Attached ? "attached" : "nobody attached")}");
        if (info.Record.ApiSocket is { } api)
            table.Add("api socket", api);
        if (info.Record.EventMonitor is { } monitor)
            table.Add("events to", monitor);
        foreach (PortConfig port in config.Port)
            table.Add($"port {port.Name}", HostPorts.PathOf(port, folder.Path));
        table.Add("folder", folder.Path);
        table.Add("host", Overcommit.Ratios(info.Host!));
        foreach (string warning in info.Host!.Warnings)
            table.Add("", warning);
        return table.ToString();
    }

    private static string Limits(MachineConfig config) => string.Join(", ", new[]
    {
        config.CpuShares is int shares ? string.Create(CultureInfo.InvariantCulture, $"cpu-shares {shares}") : null,
        config.CpuQuota is { } quota ? $"cpu-quota {quota}" : null,
        config.MemoryMax is { } most ? $"memory-max {most}" : null,
    }.Where(limit => limit is not null));

    private static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);
}
