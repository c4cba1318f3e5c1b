using System.Text;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;

namespace Vmm.Machine.Config;

/// <summary>Checks a socket device and completes it.</summary>
internal static class VsockRules
{
    /// <summary>Its name when it is given none.</summary>
    public const string DefaultId = "vsock0";

    /// <summary>What the path of a port is longer: '_' and up to ten digits. The path ends with a NUL.</summary>
    private const int Suffix = 1 + 10 + 1;

    /// <summary>With a port behind it the name has to fit into an address that begins at an open folder, /proc/self/fd/N/.</summary>
    private const int LongestName = 64;

    private const int LongestId = 20;

    /// <summary>Returns the device with every gap filled in; null for none.</summary>
    /// <exception cref="MachineConfigException">Naming the field that is wrong.</exception>
    public static VsockConfig? Resolve(VsockConfig? vsock)
    {
        if (vsock is null)
            return null;
        if (vsock.Cid < (long)SocketDevice.FirstGuestCid || vsock.Cid > (long)SocketDevice.LastGuestCid)
            throw new MachineConfigException("vsock.cid", $"{vsock.Cid} is no address for a guest: {SocketDevice.FirstGuestCid} to {SocketDevice.LastGuestCid}");
        PathRules.Check("vsock.socket", vsock.Socket);
        const int Longest = Linux.sockaddr_un.PathSize - Suffix;
        int length = Encoding.UTF8.GetByteCount(vsock.Socket);
        if (length > Longest)
            throw new MachineConfigException("vsock.socket", $"is {length} bytes long; at most {Longest} are possible, so that a port's number fits behind");
        int name = Encoding.UTF8.GetByteCount(Path.GetFileName(vsock.Socket));
        if (name > LongestName)
            throw new MachineConfigException("vsock.socket", $"the file's name is {name} bytes long; at most {LongestName} are possible");
        if (name == 0)
            throw new MachineConfigException("vsock.socket", $"'{Printable.Escape(vsock.Socket)}' names a folder; give a file in it");
        if (vsock.Id is not null)
            NameRules.Check("vsock.id", vsock.Id, LongestId);
        return vsock with { Id = vsock.Id ?? DefaultId };
    }
}
