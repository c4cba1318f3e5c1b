using Vmm.Devices.Backends;
using Vmm.Ports;

namespace Vmm.Machine.Build;

/// <summary>Where the machine's character devices print to. They outlive the machine, so that a reboot keeps the terminal.</summary>
/// <param name="Serial">The serial line, ttyS0.</param>
/// <param name="Virtio">The virtio console, hvc0; null when the machine has none.</param>
/// <param name="Debug">The debug console, port 0xe9.</param>
internal sealed record MachineConsoles(IByteSink Serial, IByteSink? Virtio, IByteSink Debug)
{
    /// <summary>The host ends of its named ports; null when the machine has none.</summary>
    public HostPorts? Ports { get; init; }
}
