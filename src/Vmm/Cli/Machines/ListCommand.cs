using System.CommandLine;
using System.Globalization;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm list</c>: every VM of this user, running or not.</summary>
internal static class ListCommand
{
    /// <summary>Rates are taken over so long; none are when nothing runs.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Option<string?> output = VmArgument.Output();
        Option<bool> quiet = new("--quiet") { Description = "Only the names" };
        Command command = new("list", "Show the VMs there are") { output, quiet };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            VmHome home = VmHome.Find();
            if (line.GetValue(quiet))
            {
                foreach (VmFolder folder in home.All())
                    System.Console.Out.WriteLine(folder.Name);
                return ExitCodes.PoweredOff;
            }
            VmSampler sampler = new(home);
            IReadOnlyList<VmRow> rows = sampler.Look();
            if (rows.Any(row => row.Pid is not null))
            {
                Thread.Sleep(s_interval);
                rows = sampler.LookAgain();
            }
            if (json)
                MachinesJson.Print(rows, MachinesJson.Default.IReadOnlyListVmRow);
            else
                System.Console.Out.Write(Table(rows));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>The rows as a table with a head.</summary>
    public static TextTable Table(IReadOnlyList<VmRow> rows)
    {
        TextTable table = new();
        table.Add("NAME", "STATE", "VCPUS", "MEMORY", "UPTIME", "CPU%", "EXITS/S", "ENDED");
        foreach (VmRow row in rows)
        {
            table.Add(row.Name, row.State, Number(row.Vcpus), new ByteSize(row.MemoryBytes).ToString(), Uptime(row.UptimeSeconds),
                row.CpuPercent is double cpu ? cpu.ToString("0", CultureInfo.InvariantCulture) : "-",
                row.ExitsPerSecond is double exits ? exits.ToString("#,0", CultureInfo.InvariantCulture) : "-",
                row.Outcome is null ? "-" : row.ExitCode is int code and not 0 ? $"{row.Outcome} ({code})" : row.Outcome);
        }
        return table;
    }

    /// <summary>A time as people read it: <c>45s</c>, <c>3m12s</c>, <c>2h05m</c>, <c>4d01h</c>.</summary>
    public static string Uptime(double? seconds)
    {
        if (seconds is not double given)
            return "-";
        TimeSpan time = TimeSpan.FromSeconds(given);
        return time.TotalMinutes < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Seconds}s")
            : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds:00}s")
            : time.TotalDays < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h{time.Minutes:00}m")
            : string.Create(CultureInfo.InvariantCulture, $"{time.Days}d{time.Hours:00}h");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
