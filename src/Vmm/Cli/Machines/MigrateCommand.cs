using System.CommandLine;
using System.Globalization;
using Vmm.Consoles;
using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Single;
using Vmm.Registry;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm migrate</c>: moves a running VM to a <c>vmm receive</c>, and shows how far it is.</summary>
internal static class MigrateCommand
{
    private const int MostDowntime = 600_000;

    /// <summary>A process whose guest is elsewhere and that has not ended by then is stuck; the guest is not.</summary>
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(10);

    /// <summary>The command for the parser.</summary>
    public static Command Create()
    {
        Argument<string> name = VmArgument.One();
        Argument<string?> where = new("where") { Description = "Where 'vmm receive' waits: tcp:HOST:PORT or unix:PATH; or fd:NUMBER, a connection to it that this process was started with", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> mode = new("--mode") { Description = "Where the guest runs while its memory goes: here, there from the start, here for some rounds; or its memory is handed over on this host [precopy]", HelpName = "precopy|postcopy|hybrid|local" };
        Option<string?> downtime = new("--downtime") { Description = "How many milliseconds the guest may be held for it [300]", HelpName = "ms" };
        Option<string?> connections = new("--connections") { Description = "Connections for memory, 1 to 128 [1]", HelpName = "number" };
        Option<string?> compress = new("--compress") { Description = "How memory is compressed [none]", HelpName = "none|zstd" };
        Option<string?> bandwidth = new("--bandwidth") { Description = "The most bytes that are sent in a time, such as 50M/s", HelpName = "rate" };
        Option<bool> converge = new("--auto-converge") { Description = "Slow a guest down that writes faster than its memory can be sent" };
        Option<string?> timeout = new("--timeout") { Description = "How many seconds memory may be sent for while the guest runs here [3600]", HelpName = "seconds" };
        Option<string?> policy = new("--on-timeout") { Description = "What is done then: the guest stays, is held for the rest, or goes on there and the rest follows [cancel]", HelpName = "cancel|continue|postcopy" };
        Option<string?> tls = new("--tls") { Description = "Encrypt, with the certificates in this folder: ca-cert.pem, client-cert.pem, client-key.pem", HelpName = "folder" };
        Option<string?> tlsName = new("--tls-name") { Description = "The name in the destination's certificate, where it is not that of the host", HelpName = "name" };
        Option<bool> cancel = new("--cancel") { Description = "Give up the migration that is under way; the guest stays" };
        Option<bool> recover = new("--recover") { Description = "Take one up again whose link was lost after the guest had started there" };
        Option<string?> output = VmArgument.Output();
        Command command = new("migrate", "Move a running VM to another process or host") { name, where, mode, downtime, connections, compress, bandwidth, converge, timeout, policy, tls, tlsName, cancel, recover, output };
        command.SetAction(line =>
        {
            bool json = VmArgument.WantsJson(line, output);
            VmFolder folder = VmHome.Find().Existing(line.GetValue(name)!);
            if (line.GetValue(cancel))
                return Cancel(folder);
            string place = line.GetValue(where) ?? throw UsageException.For(command, "where to? tcp:HOST:PORT, unix:PATH or fd:NUMBER");
            MigrationAddress address = ParsePlace(command, place);
            MigrationRequest request = new(address.ToString(), new MigrationOptions
            {
                Mode = line.GetValue(mode) is string kind ? ParseWord<MigrationMode>(command, mode, kind) : MigrationMode.Precopy,
                Downtime = WholeNumber.Read(line, downtime, 1, MostDowntime) is int milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : new MigrationOptions().Downtime,
                Connections = WholeNumber.Read(line, connections, 1, MigrationOptions.MostConnections) ?? 1,
                Zstd = line.GetValue(compress) switch { null or "none" => false, "zstd" => true, string other => throw UsageException.For(command, $"--compress: '{Printable.Escape(other)}' is none of none, zstd") },
                Bandwidth = line.GetValue(bandwidth) is string rate ? ParseRate(command, rate) : 0,
                AutoConverge = line.GetValue(converge),
                TlsFolder = line.GetValue(tls) is string certificates ? Path.GetFullPath(certificates) : null,
                TlsName = line.GetValue(tlsName),
                Timeout = Seconds.Read(line, timeout, new MigrationOptions().Timeout.TotalSeconds),
                OnTimeout = line.GetValue(policy) is string word ? ParseWord<TimeoutPolicy>(command, policy, word) : TimeoutPolicy.Cancel,
            }, line.GetValue(recover));
            MigrationRoute.CheckOptions(address, request.Options);
            MigrationResult result = Migrate(folder, address, request, quiet: json);
            if (json)
                MachinesJson.Print(result, MachinesJson.Default.MigrationResult);
            else
                System.Console.Out.Write(Text(result));
            return ExitCodes.PoweredOff;
        });
        return command;
    }

    /// <summary>Reads a place.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static MigrationAddress ParsePlace(Command command, string text)
    {
        try
        {
            return MigrationAddress.Parse(text);
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, wrong.Message);
        }
    }

    private static MigrationResult Migrate(VmFolder folder, MigrationAddress address, MigrationRequest request, bool quiet)
    {
        using SafeFd? connection = address.Descriptor is int number ? InheritedConnection.Open(number) : null;
        using ControlClient client = ControlClient.Connect(folder, "migrate");
        return Migrate(folder, client, request with { PassesConnection = connection is not null }, connection, quiet);
    }

    /// <summary>Has a guest moved. Its process ends with that: what it had, such as its name and its taps, is free when this is over.</summary>
    /// <exception cref="VmmException">It was not moved; the message says where the guest is.</exception>
    public static MigrationResult Migrate(VmFolder folder, ControlClient client, MigrationRequest request, SafeFd? connection, bool quiet)
    {
        MigrationResult result = Ask(folder, client, request, connection, quiet);
        client.AwaitGone(s_ending);
        return result;
    }

    private static MigrationResult Ask(VmFolder folder, ControlClient client, MigrationRequest request, SafeFd? connection, bool quiet)
    {
        client.Stream.IsPatient = true;
        using EndSignals signals = new((context, _) =>
        {
            context.Cancel = true;
            TryCancel(folder);
        });
        using MigrationView? view = quiet ? null : MigrationView.Begin(folder);
        return client.Ask(new ControlRequest { Verb = ControlVerb.Migrate, Migration = request }, connection).Migration!;
    }

    private static int Cancel(VmFolder folder)
    {
        using ControlClient client = ControlClient.Connect(folder, "cancel the migration of");
        client.Ask(ControlVerb.CancelMigration);
        return ExitCodes.PoweredOff;
    }

    private static void TryCancel(VmFolder folder)
    {
        try
        {
            Cancel(folder);
        }
        catch (VmmException late)
        {
            // It is over, and the answer on its way; or it cannot be given up any more.
            StandardError.Write($"vmm: {late.Message}\n");
        }
    }

    private static double ParseRate(Command command, string text)
    {
        try
        {
            ByteRate rate = ByteRate.Parse(text);
            return rate.Bytes * 1000.0 / rate.Milliseconds;
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, $"--bandwidth: {wrong.Message}");
        }
    }

    private static T ParseWord<T>(Command command, Option<string?> option, string text)
        where T : struct, Enum
    {
        try
        {
            return Word.Parse<T>(text);
        }
        catch (FormatException wrong)
        {
            throw UsageException.For(command, $"{option.Name}: {wrong.Message}");
        }
    }

    private static string Text(MigrationResult result)
    {
        TextTable table = new();
        table.Add("runs at", result.Destination);
        if (!result.Recovered)
            table.Add("held for", string.Create(CultureInfo.InvariantCulture, $"{result.DowntimeMilliseconds:0.0} ms"));
        table.Add("took", string.Create(CultureInfo.InvariantCulture, $"{result.TotalMilliseconds:0} ms{(result.Recovered ? " for the rest of its memory" : result.PostCopy ? $": {result.Rounds} rounds, and the rest after it had started there" : $" in {result.Rounds} rounds")}"));
        table.Add("sent", string.Create(CultureInfo.InvariantCulture, $"{result.Sent / 1e6:0.0} MB: {result.Pages} pages, and {result.ZeroPages} that are zero"));
        if (result.PostCopy)
            table.Add("waited for", string.Create(CultureInfo.InvariantCulture, $"{result.Faults} pages there, half of them {result.FaultMedian:0} us at most, 99 of 100 {result.Fault99:0} us"));
        return table.ToString();
    }
}
