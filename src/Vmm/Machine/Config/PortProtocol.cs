namespace Vmm.Machine.Config;

/// <summary>What a port is a port of.</summary>
internal enum PortProtocol
{
    /// <summary>Connections.</summary>
    Tcp,

    /// <summary>Datagrams.</summary>
    Udp,
}
