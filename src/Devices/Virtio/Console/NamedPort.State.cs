using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <content>Saving and restoring. The client is not part of it: the guest is told that it is gone, and of one that is there.</content>
internal sealed partial class NamedPort
{
    /// <summary>What it holds.</summary>
    public PortState Save() => new(name, _isAdded, _isReady, _isNamed, _toldClient != 0, IsGuestOpen, _transmitted);

    /// <summary>Whether a saved state is one of this port.</summary>
    /// <exception cref="StateException">It is not.</exception>
    public void Check(string section, PortState saved)
    {
        StateJson.Require(saved.Name == name, section, $"ports: port {number} is {saved.Name}, and {name} here");
        StateJson.Require(
            (saved.Added || !(saved.Ready || saved.ToldOpen)) && (saved.Ready || !(saved.Named || saved.GuestOpen)),
            section,
            $"ports: {name} has been told or is open before it was added or ready");
        StateJson.Require(
            saved.Transmitted <= SplitRingLayout.MaxChainBytes,
            section,
            $"ports: {name} has transmitted {saved.Transmitted} bytes, more than a buffer can have");
    }

    /// <summary>Takes over what was checked.</summary>
    public void Restore(PortState saved)
    {
        (_isAdded, _isReady, _isNamed) = (saved.Added, saved.Ready, saved.Named);
        _toldClient = saved.ToldOpen ? SomeClient : 0;
        _transmitted = saved.Transmitted;
        SetGuestOpen(saved.GuestOpen);
    }
}
