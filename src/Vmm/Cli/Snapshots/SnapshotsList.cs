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
                Show(rows);
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
            throw new VmmException($"'{Printable.Escape(folder)}' cannot be listed: {Why(refused, folder)}", cause: refused);
        }
    }

    private static string Why(Exception refused, string folder) => refused switch
    {
        IOException when File.Exists(folder) => "it is a file, not a folder",
        DirectoryNotFoundException => "there is no such folder",
        // Whatever it is, it is no folder in a file's place.
        _ => FileFault.Why(refused, path: ""),
    };

    private static void Show(IReadOnlyList<SnapshotRow> rows)
    {
        System.Console.Out.Write(Text(rows));
        System.Console.Out.Flush();
        // Below the table, which they would make too wide.
        foreach (string fault in rows.Select(row => row.Fault).OfType<string>())
            _ = ErrorReport.Write(new VmmException(fault));
    }

    private static string Text(IReadOnlyList<SnapshotRow> rows)
    {
        TextTable table = new();
        table.Add("FOLDER", "VM", "KIND", "TAKEN", "RAM", "ON DISK", "PARENT");
        foreach (SnapshotRow row in rows)
        {
            if (row.Kind is { } kind)
            {
                table.Add(Path.GetFileName(row.Path), row.Name ?? "", Word.Of(kind), row.TakenAt?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                    Size(row.MemoryBytes), Size((ulong)row.DiskBytes), row.Parent ?? "");
            }
            else
            {
                table.Add(Path.GetFileName(row.Path), "", "unreadable", "", "", "", "");
            }
        }
        return table.ToString();
    }

    private static string Size(ulong bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MiB");
}
