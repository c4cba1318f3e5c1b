using Vmm.Gdb.Breakpoints;

namespace Vmm.Gdb;

/// <summary>
/// What a debugger does things to: a machine whose vCPUs are all held, until <see cref="Resume"/>. Small, so that the protocol is
/// tested without KVM. A call that the host's kernel refuses throws <see cref="Host.HostException"/>.
/// </summary>
internal interface IGdbTarget
{
    /// <summary>How many vCPUs there are.</summary>
    int Vcpus { get; }

    /// <summary>The machine in a line, for people.</summary>
    string Description { get; }

    /// <summary>A vCPU in a few words.</summary>
    string Describe(int vcpu);

    /// <summary>Reads a vCPU's registers.</summary>
    /// <param name="vcpu">Which.</param>
    /// <param name="block">As <see cref="Registers.RegisterLayout"/> has them.</param>
    void ReadRegisters(int vcpu, Span<byte> block);

    /// <summary>Writes those registers of a vCPU that differ; false when one of them cannot be changed.</summary>
    bool TryWriteRegisters(int vcpu, ReadOnlySpan<byte> block);

    /// <summary>Reads memory as a vCPU sees it, without our breakpoints.</summary>
    /// <returns>How many bytes could be read.</returns>
    int ReadMemory(int vcpu, ulong address, Span<byte> data);

    /// <summary>Writes memory as a vCPU sees it: all of it, or nothing and false.</summary>
    bool TryWriteMemory(int vcpu, ulong address, ReadOnlySpan<byte> data);

    /// <summary>Sets a breakpoint; setting it again changes nothing.</summary>
    BreakpointResult Insert(int vcpu, BreakpointKind kind, ulong address, ulong length);

    /// <summary>Takes a breakpoint out; one that is not there is as good.</summary>
    BreakpointResult Remove(BreakpointKind kind, ulong address, ulong length);

    /// <summary>Lets the guest go on. Its next stop is told later.</summary>
    /// <param name="actions">One for each vCPU.</param>
    void Resume(ReadOnlySpan<VcpuAction> actions);

    /// <summary>Asks a guest that runs to stop. The stop is told later.</summary>
    void Interrupt();
}
