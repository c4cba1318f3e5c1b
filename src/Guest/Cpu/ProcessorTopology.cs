using System.Numerics;

namespace Vmm.Guest.Cpu;

/// <summary>How a machine's processors are laid out, and the APIC id that this gives each of them.</summary>
/// <remarks>
/// An APIC id has a bit field for each level, wide enough for its count (Intel SDM 3A, 10.9.2): with three cores in a
/// socket the second socket begins at id 4. So ids may have gaps; vCPU numbers have not.
/// </remarks>
/// <param name="Sockets">Sockets.</param>
/// <param name="Cores">Cores in each socket.</param>
/// <param name="Threads">Threads in each core.</param>
public readonly record struct ProcessorTopology(int Sockets, int Cores, int Threads)
{
    /// <summary>Processors in all.</summary>
    public int Count => Sockets * Cores * Threads;

    /// <summary>Processors in each socket.</summary>
    public int PerSocket => Cores * Threads;

    /// <summary>Low bits of the APIC id that tell threads of a core apart.</summary>
    public int ThreadBits => Width(Threads);

    /// <summary>Low bits of the APIC id that tell processors of a socket apart.</summary>
    public int SocketBits => ThreadBits + Width(Cores);

    /// <summary>The APIC id of a vCPU.</summary>
    /// <param name="vcpu">Its number, from 0.</param>
    public uint ApicIdOf(int vcpu)
    {
        int thread = vcpu % Threads;
        int core = vcpu / Threads % Cores;
        int socket = vcpu / PerSocket;
        return ((uint)socket << SocketBits) | ((uint)core << ThreadBits) | (uint)thread;
    }

    /// <summary>The APIC ids of all vCPUs, as the ACPI tables want them.</summary>
    public uint[] ApicIds()
    {
        uint[] ids = new uint[Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = ApicIdOf(i);
        return ids;
    }

    private static int Width(int count) => BitOperations.Log2((uint)count * 2 - 1);
}
