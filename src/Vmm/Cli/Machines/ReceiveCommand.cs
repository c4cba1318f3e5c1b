using System.CommandLine;
using Vmm.Api;
using Vmm.Background;
using Vmm.Cli.Snapshots;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Transport;
using Vmm.Migration.Transport.Tls;
using Vmm.Registry;
using Vmm.Snapshot;

namespace Vmm.Cli.Machines;

/// <summary><c>vmm receive</c>: waits for a VM that another <c>vmm</c> migrates here, and runs it on.</summary>
internal static class ReceiveCommand
{
    private const uint NullMode = 0;

    /// <summary>The command for the parser.</summary>
    public static Command Create() => Create("receive", inBackground: false);

    /// <summary>Its other half in the background.</summary>
    public static Command CreateInBackground() => Create(DetachedReceiver.Verb, inBackground: true);

    private static Command Create(string verb, bool inBackground)
    {
        Argument<string> where = new("where") { Description = "Where to wait: tcp:HOST:PORT or unix:PATH; port 0 is any that is free; or fd:NUMBER, a connection that this process was started with" };
        Option<bool> detach = new("--detach", "-d") { Description = "Wait in the background, run the VM there, and print where it waits" };
        Option<bool> remove = new("--rm") { Description = "With -d: forget it when it ends" };
        Option<string?> tls = new("--tls") { Description = "Take only encrypted connections, with the certificates in this folder: ca-cert.pem, server-cert.pem, server-key.pem", HelpName = "folder" };
        Command command = new(verb, "Wait for a VM that is migrated here, and let it go on") { where, detach, remove, tls };
        command.Hidden = inBackground;
        RestoreArguments machine = new(command);
        ControlOptions control = new();
        control.AddTo(command);
        command.SetAction(line =>
        {
            MigrationAddress address = MigrateCommand.ParsePlace(command, line.GetValue(where)!);
            // What is wrong whatever VM comes is told before anybody waits for one.
            machine.Check(line);
            ControlEndPoints ends = control.Read(line);
            VmRecord record = new() { CreatedAt = DateTimeOffset.UtcNow, RemoveAtEnd = line.GetValue(remove) };
            if (line.GetValue(detach))
                record = control.AddTo(line, record);
            if (line.GetValue(detach) && !inBackground)
                return DetachedReceiver.Start();
            TlsIdentity? identity = line.GetValue(tls) is string certificates ? TlsIdentity.Load(TlsFiles.OfDestination(certificates)) : null;
            MigrationListener listener = address.Listen(identity);
            SentAway strangers = new(inBackground);
            listener.Refused = strangers.Add;
            using MigrationReceiver receiver = new(listener, new MigrationOptions().Patience);
            using ReceiverSignals signals = new(receiver);
            if (inBackground)
                DetachedReceiver.Leave(listener.Place);
            else
                StandardError.Write($"vmm: waiting for a VM at {listener.Place}\n");
            // While nobody has come.
            DressRehearsal.Begin();
            try
            {
                OfferMessage offer = receiver.WaitForOffer();
                MigrationOrigin origin = new(receiver, offer)
                {
                    Runs = () =>
                    {
                        signals.Dispose();
                        strangers.Tell();
                    },
                };
                return TakeOver(receiver, () => Describe(machine, line, offer),
                    config => inBackground ? RunInBackground(config, record, receiver, origin) : MachineSession.Run(config, ends, origin));
            }
            catch (VmmException ended) when (receiver.WasStopped && signals.Received != 0)
            {
                // Nobody came: there is nothing to tell.
                if (receiver.Progress.Phase > MigrationPhase.Connect)
                    ErrorReport.Write(ended);
                return ExitCodes.Signalled(signals.Received);
            }
        });
        return command;
    }

    private static int TakeOver(MigrationReceiver receiver, Func<MachineConfig> describe, Func<MachineConfig, int> run)
    {
        try
        {
            return run(describe());
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            // Whoever offers it hears why; if the receiver has said so itself, this is not heard any more.
            receiver.Fail(refused.Message);
            throw;
        }
    }

    private static MachineConfig Describe(RestoreArguments machine, ParseResult line, OfferMessage offer)
    {
        MachineConfig offered = MachineConfigFile.FromText("the source's description", offer.Config.GetRawText()).Config;
        MachineConfig config = machine.Describe(line, offered);
        // It is the same guest, and its cards are the same cards, under whatever name it goes on.
        return config with { Net = [.. config.Net.Select((net, i) => net with { Mac = offered.Net[i].Mac })] };
    }

    private static int RunInBackground(MachineConfig config, VmRecord record, MigrationReceiver receiver, MigrationOrigin origin)
    {
        using LockedVm vm = VmNames.Define(VmHome.Find(), AbsolutePaths.Of(config), record with { Arriving = true });
        Exception? refused = null;
        int code = BackgroundMachine.Run(vm, SafeFd.Own(Linux.open("/dev/null", Linux.O_WRONLY | Linux.O_CLOEXEC, NullMode), "open of /dev/null"), origin, why =>
        {
            refused = why;
            receiver.Fail(why.Message);
        });
        // What never ran here leaves nothing behind.
        if (refused is not null)
            vm.Remove();
        return code;
    }
}
