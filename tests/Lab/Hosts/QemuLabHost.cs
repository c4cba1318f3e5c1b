using Vmm.Lab.Cache;
using Vmm.Lab.Channel;
using Vmm.Lab.Keeper;

namespace Vmm.Lab.Hosts;

/// <summary>L1: a Debian kernel under QEMU with emulated SVM, whose root is this host's root.</summary>
internal sealed class QemuLabHost(KeeperLease lease) : ILabHost
{
    public string Kind => "qemu";

    public string WorkFolder => LabPaths.Work;

    public async Task<LabSession> StartAsync(LabCommand command) => await LabSession.StartAsync(
        await AgentConnection.ToPortAsync(lease.State.Port, lease.State.Token, $"L1's console is in {LabPaths.ConsoleLog}"), command);
}
