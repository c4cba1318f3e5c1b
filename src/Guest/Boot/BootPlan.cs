using Vmm.Guest.Cpu;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>The guest as <see cref="BootLoader"/> left it in memory, and how its first processor starts.</summary>
public sealed class BootPlan
{
    internal BootPlan(BootProtocol protocol, CpuState cpu, GuestAddress entry, IReadOnlyList<LoadedRange> ranges)
    {
        Protocol = protocol;
        Cpu = cpu;
        Entry = entry;
        Ranges = ranges;
    }

    /// <summary>The protocol used; never <see cref="BootProtocol.Auto"/>.</summary>
    public BootProtocol Protocol { get; }

    /// <summary>The registers of the first vCPU. The others wait for INIT and SIPI.</summary>
    public CpuState Cpu { get; }

    /// <summary>The guest-physical address of the first instruction.</summary>
    public GuestAddress Entry { get; }

    /// <summary>What was put where, in ascending order.</summary>
    public IReadOnlyList<LoadedRange> Ranges { get; }
}
