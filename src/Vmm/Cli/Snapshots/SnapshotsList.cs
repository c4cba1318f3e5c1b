using System.CommandLine;
using System.Globalization;
using Vmm.Cli.Machines;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots list</c>: the snapshots in a folder, the oldest first.</summary>
internal static class SnapshotsList
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> folder = new("folder") { Description = "Where they lie [here]", DefaultValueFactory = _ => "." };
        Option<string?> output = VmArgument.Output();
        Command command = new("list", "The snapshots in a folder") { folder, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            IReadOnlyList<SnapshotRow> rows = Find(line.GetValue(folder)!);
            if (json)
                MachinesJson.Print(rows, MachinesJson.Default.IReadOnlyListSnapshotRow);
            else
                System.Console.Out.Write(Text(rows));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static IReadOnlyList<SnapshotRow> Find(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder)
                .Select(path => new SnapshotFolder(path))
                .Where(snapshot => snapshot.Exists && !Path.GetFileName(snapshot.Path).StartsWith('.'))
                .Select(SnapshotRow.Of)
                .OrderBy(row => row.TakenAt)];
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmmException($"'{Printable.Escape(folder)}' cannot be listed: {refused.Message}", cause: refused);
        }
    }

    private static string Text(IReadOnlyList<SnapshotRow> rows)
    {
        TextTable table = new();
        table.Add("FOLDER", "VM", "KIND", "TAKEN", "RAM", "ON DISK", "PARENT");
        foreach (SnapshotRow row in rows)
        {
            table.Add(Path.GetFileName(row.Path), row.Name ?? "", row.Kind is { } kind ? Word.Of(kind) : $"unreadable: {row.Fault}",
                row.TakenAt?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "", Size(row.MemoryBytes), Size((ulong)row.DiskBytes), row.Parent ?? "");
        }
        return table.ToString();
    }

    private static string Size(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MiB");
}
