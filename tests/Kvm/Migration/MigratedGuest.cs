using System.Net.Sockets;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration;
using Vmm.Migration.Machines;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Migration.Sending;
using Vmm.Migration.Transport;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Migration;

/// <summary>A tiny guest on the real /dev/kvm that is migrated from one machine to another, both in this process.</summary>
internal sealed class MigratedGuest : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-migrated-");
    private readonly List<Socket> _sockets = [];
    private readonly Printed _printed = new();
    private readonly MachineConfig _config;
    private readonly MachineConsoles _sinks;
    private readonly MigrationListener _listener;
    private readonly Thread _there;

    public MigratedGuest(string firmware, string parameters, int vcpus, bool shared = false)
    {
        KvmDevice.Require();
        _config = TinyMachine.Describe(firmware, parameters, vcpus, shared);
        _sinks = new MachineConsoles(_printed, null, _printed);
        Source = MachineBuilder.Build(_config, _sinks);
        Machine = new MigratingMachine(Source, _config);
        _listener = MigrationAddress.Parse($"unix:{Path.Combine(_folder.FullName, "m")}").Listen();
        _there = new Thread(RunThere) { Name = "there" };
        _there.Start();
        Source.Machine.Start();
    }

    public MicroVm Source { get; }

    public MigratingMachine Machine { get; }

    /// <summary>The machine at the destination, when it runs.</summary>
    public MicroVm? Target { get; private set; }

    /// <summary>How the guest's run ended there.</summary>
    public MachineOutcome? Outcome { get; private set; }

    public Exception? TargetFault { get; private set; }

    public string Output => _printed.Text;

    /// <summary>Migrates it.</summary>
    public MigrationResult Migrate(MigrationOptions options, Action<MigrationPhase>? at = null)
    {
        using MigrationSender sender = new(Machine, Connect, "there", options) { PhaseReached = at };
        return sender.Run(CancellationToken.None);
    }

    /// <summary>Takes a migration up again.</summary>
    public MigrationResult Recover(MigrationTicket ticket) => new MigrationRecovery(Machine, Connect, "there", ticket).Run();

    /// <summary>The link is gone.</summary>
    public void Cut()
    {
        foreach (Socket socket in _sockets.Where(socket => !socket.SafeHandle.IsClosed))
            socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>Waits until something has come about.</summary>
    public void WaitFor(Func<bool> holds, string what)
    {
        SpinWait.SpinUntil(() => holds() || TargetFault is not null, s_patience);
        Assert.True(holds(), $"{what} did not come about ({TargetFault?.Message}); printed: {Output}");
    }

    /// <summary>Waits until the guest's run is over at the destination, and everything there is taken apart.</summary>
    public void WaitForEnd()
    {
        Assert.True(_there.Join(s_patience), $"the guest did not come to its end; printed: {Output}");
        Assert.Null(TargetFault);
    }

    public void Dispose()
    {
        Cut();
        Target?.Machine.End(new MachineOutcome(OutcomeKind.Stopped));
        _listener.Stop();
        _there.Join();
        Machine.Dispose();
        Source.Dispose();
        _folder.Delete(recursive: true);
    }

    private Socket Connect()
    {
        Socket socket = MigrationAddress.Parse(_listener.Place).Connect();
        _sockets.Add(socket);
        return socket;
    }

    private void RunThere()
    {
        using MigrationReceiver receiver = new(_listener, new MigrationOptions().Patience);
        try
        {
            OfferMessage offer = receiver.WaitForOffer();
            MigrationOrigin origin = new(receiver, offer);
            using MicroVm vm = MachineBuilder.Build(_config, _sinks, origin: origin);
            vm.Machine.Start(origin.StartsPaused);
            Target = vm;
            origin.Started();
            Outcome = vm.Machine.WaitForEnd();
            origin.Ended();
        }
        catch (Exception fault)
        {
            TargetFault = fault;
            receiver.Fail(fault.Message);
        }
    }
}
