using Vmm.Host;
using Vmm.Network.Vhost;

namespace Vmm.Network;

/// <summary>What is asked of a tap.</summary>
/// <param name="Name">The interface's name.</param>
/// <param name="QueuePairs">Queues to open.</param>
/// <param name="Mtu">For a tap that is made here; null leaves it at the kernel's 1500.</param>
/// <param name="Engine">Makes what moves its frames in our place, of its queues' descriptors; null for nothing.</param>
internal sealed record TapOptions(string Name, int QueuePairs = 1, int? Mtu = null, Func<IReadOnlyList<SafeFd>, VhostEngine?>? Engine = null);
