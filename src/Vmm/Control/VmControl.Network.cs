using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Control;

/// <content>Network devices.</content>
internal sealed partial class VmControl
{
    /// <summary>Puts a network device's cable in, or pulls it. It stays so when the guest starts again.</summary>
    /// <param name="id">The device; null for the only one.</param>
    /// <param name="link">Whether it is to be in.</param>
    /// <exception cref="VmmException">There is no such device.</exception>
    public void SetLink(string? id, NetLink link) => OnMachine(VmCommand.Link, vm =>
    {
        int index = NetChoice.Find(_config!.Net, id);
        vm.Network(index).SetLink(link == NetLink.Up);
        Reconfigure(NetChoice.WithLink(_config, index, link));
        OnLink(index, link, why: null);
        return true;
    });

    /// <summary>Tells what became of a link.</summary>
    /// <param name="index">The device's place among the network devices.</param>
    /// <param name="link">What it is now.</param>
    /// <param name="why">What happened to it; null when a user wanted it.</param>
    private void OnLink(int index, NetLink link, string? why)
    {
        string id = _config!.Net[index].Id!;
        if (why is null)
        {
            Events.Publish("vm", "link", ("id", id), ("state", Word.Of(link)));
            _life.Link(id, Word.Of(link));
            return;
        }
        Events.Publish("vm", "link", ("id", id), ("state", Word.Of(link)), ("reason", why));
        _life.LinkLost(id, why);
    }
}
