using System.CommandLine;
using System.Globalization;
using Vmm.Cli.Machines;
using Vmm.Control.Local;
using Vmm.Coredump;
using Vmm.Host;
using Vmm.Inspect.Sources;
using Vmm.Machine.Config;
using Vmm.Snapshot;

namespace Vmm.Cli.Inspect;

/// <summary><c>vmm coredump</c>: a VM or a snapshot as an ELF core file, for <c>gdb</c>, <c>crash</c> and <c>drgn</c>.</summary>
internal static class CoredumpCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> target = InspectedTarget.Argument();
        Argument<string> file = new("file") { Description = "Where the core file is to be; it does not exist yet" };
        Option<bool> force = new("--force") { Description = "Take the place of the file that is there" };
        Option<string?> output = VmArgument.Output();
        Command command = new("coredump", "Write a VM's or a snapshot's memory and registers as an ELF core file") { target, file, force, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            CoredumpReport report = Write(InspectedTarget.Find(line.GetValue(target)!), new CoredumpRequest(Path.GetFullPath(line.GetValue(file)!), line.GetValue(force)));
            if (json)
                MachinesJson.Print(report, MachinesJson.Default.CoredumpReport);
            else
                System.Console.Out.Write(Text(report));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    private static CoredumpReport Write(InspectedTarget target, CoredumpRequest request)
    {
        if (target.Vm is { } vm)
        {
            using ControlClient client = ControlClient.Connect(vm, "write a core file of");
            // Its memory may take a while to be written.
            client.Stream.IsPatient = true;
            return client.Ask(new ControlRequest { Verb = ControlVerb.Coredump, Coredump = request }).Coredump!;
        }
        if (new SnapshotFolder(Path.GetDirectoryName(request.Path) ?? "/").IsSameAs(new SnapshotFolder(target.Snapshot!)))
            throw new VmmException($"'{Printable.Escape(request.Path)}' is in the snapshot itself: name a file elsewhere");
        using SnapshotSource snapshot = SnapshotSource.Open(target.Snapshot!);
        using NewCoredump making = NewCoredump.Begin(request);
        return making.Write(snapshot.Machine, snapshot.Memory, snapshot.Memory.Touched());
    }

    private static string Text(CoredumpReport report)
    {
        TextTable table = new();
        table.Add("core file", report.Path);
        table.Add("vCPUs", string.Create(CultureInfo.InvariantCulture, $"{report.Vcpus}"));
        table.Add("memory", string.Create(CultureInfo.InvariantCulture, $"{report.MemoryBytes / (double)(1 << 20):0.#} MiB, {report.WrittenBytes / (double)(1 << 20):0.#} MiB of it written: the rest is zeros"));
        table.Add("VMCOREINFO", report.HasVmcoreInfo ? "of the guest's kernel" : "none found");
        table.Add("in all", string.Create(CultureInfo.InvariantCulture, $"{report.Milliseconds:0.0} ms"));
        return table.ToString();
    }
}
