using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vmm.Cli.Machines;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Snapshot;
using Vmm.Snapshot.State;

namespace Vmm.Cli.Snapshots;

/// <summary><c>vmm snapshots show</c>: what a snapshot is, and what each part of the machine held.</summary>
internal static class SnapshotsShow
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> path = new("folder") { Description = "The snapshot" };
        Argument<string?> section = new("section") { Description = "Show what this part of the machine held, as JSON", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> output = VmArgument.Output();
        Command command = new("show", "What a snapshot is and holds") { path, section, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            SnapshotFolder folder = new(line.GetValue(path)!);
            SnapshotManifest manifest = folder.ReadManifest();
            if (line.GetValue(section) is string wanted)
                Print(Find(folder.ReadState(manifest), wanted));
            else if (json)
                MachinesJson.Print(SnapshotDetails.Of(folder, manifest, folder.ReadState(manifest)), MachinesJson.Default.SnapshotDetails);
            else
                System.Console.Out.Write(Text(folder, manifest, folder.ReadState(manifest)));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static StateSection Find(SavedState state, string name) => state.Sections.FirstOrDefault(section => section.Name == name)
        ?? throw new VmmException($"there is no section '{Printable.Escape(name)}'; there are {string.Join(", ", state.Sections.Select(section => section.Name))}", ExitCodes.Usage);

    private static void Print(StateSection section)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            section.State.WriteTo(writer);
        output.WriteByte((byte)'\n');
    }

    private static string Text(SnapshotFolder folder, SnapshotManifest manifest, SavedState state)
    {
        MachineConfig config = folder.ReadConfig(manifest);
        TextTable table = new();
        table.Add("folder", folder.Path);
        table.Add("id", manifest.Id.ToString());
        table.Add("VM", manifest.Name);
        table.Add("taken", string.Create(CultureInfo.InvariantCulture, $"{manifest.TakenAt.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz} by vmm {manifest.Vmm}"));
        table.Add("kind", $"{Word.Of(manifest.Kind)}{(manifest.Live ? ", live" : "")}{(manifest.Frozen ? ", file systems frozen" : "")}");
        if (manifest.Parent is { } parent)
            table.Add("parent", $"{parent.Path} ({parent.Id})");
        table.Add("guest held for", string.Create(CultureInfo.InvariantCulture, $"{manifest.PausedMicroseconds / 1000:0.0} ms"));
        table.Add("memory", string.Create(CultureInfo.InvariantCulture, $"{config.Memory.Size}, {folder.CountDiskBytes() / (double)(1 << 20):0.#} MiB on disk"));
        table.Add("vCPUs", string.Create(CultureInfo.InvariantCulture, $"{config.Cpus.Topology.Count}"));
        foreach (SnapshotDisk disk in manifest.Disks)
            table.Add(disk.Id, string.Create(CultureInfo.InvariantCulture, $"{Printable.Escape(disk.Path)}, {disk.Size} bytes"));
        table.Add("sections", string.Join(", ", state.Sections.Select(section => section.Name)));
        return table.ToString();
    }
}
