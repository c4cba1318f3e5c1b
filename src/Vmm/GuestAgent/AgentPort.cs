using Vmm.Control.Local;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Metrics;
using Vmm.Ports;
using Vmm.Registry;

namespace Vmm.GuestAgent;

/// <summary>A running VM's guest agent, as seen from another process: where its port is, and why it may be silent.</summary>
/// <param name="folder">The VM.</param>
internal sealed class AgentPort(VmFolder folder)
{
    /// <summary>Says something to the agent, after the handshake.</summary>
    /// <param name="patience">How long each answer may take.</param>
    /// <param name="talk">The conversation.</param>
    /// <param name="giveUp">Ends it early: the agent is silent then.</param>
    /// <exception cref="VmmException">There is no port, or no agent at it, or it refused.</exception>
    public T Talk<T>(TimeSpan patience, Func<AgentClient, T> talk, CancellationToken giveUp = default)
    {
        try
        {
            using AgentClient client = new(Connect(patience), patience);
            using CancellationTokenRegistration ending = giveUp.Register(client.HangUp);
            client.Sync();
            return talk(client);
        }
        catch (AgentSilentException silent)
        {
            throw new VmmException($"{folder.Name}: {silent.Message}{Why()}", cause: silent);
        }
    }

    private SafeFd Connect(TimeSpan patience)
    {
        PortConfig port = folder.ReadConfig().Port.FirstOrDefault(port => port.Name == PortConfig.GuestAgent)
            ?? throw new VmmException($"'{folder.Name}' has no port for a guest agent: create it with --agent");
        if (!folder.IsAlive)
            throw new VmmException($"'{folder.Name}' is not running; start it (vmm start {folder.Name})");
        return UnixSocket.TryConnect(HostPorts.PathOf(port, folder.Path), patience)
            ?? throw new VmmException($"nobody listens at the guest agent's port of '{folder.Name}': the VM is just starting or ending; try again");
    }

    /// <summary>What the VM's process knows of the other end.</summary>
    private string Why()
    {
        try
        {
            using ControlClient? client = ControlClient.TryConnect(folder);
            PortMetrics? port = client?.Ask(ControlVerb.Metrics).Metrics?.Ports.FirstOrDefault(port => port.Name == PortConfig.GuestAgent);
            return port switch
            {
                { GuestOpen: false } => $"; nothing in the guest has /dev/virtio-ports/{PortConfig.GuestAgent} open: is qemu-guest-agent installed and running there?",
                { HostOpen: true } => "; another client may be talking to it, or the agent is busy",
                _ => "; the agent is there and may be busy, or the VM is paused",
            };
        }
        catch (VmmException)
        {
            return "; the VM has ended, or is about to";
        }
    }
}
