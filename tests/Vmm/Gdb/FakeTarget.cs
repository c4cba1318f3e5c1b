using Vmm.Gdb;
using Vmm.Gdb.Breakpoints;
using Vmm.Gdb.Registers;
using Vmm.Host;

namespace Vmm.Tests.Vmm.Gdb;

/// <summary>A machine of two vCPUs and some memory, without KVM.</summary>
internal sealed class FakeTarget : IGdbTarget
{
    /// <summary>Where its memory begins.</summary>
    public const ulong Start = 0x1000;

    /// <summary>Its memory.</summary>
    public byte[] Memory { get; } = [.. Enumerable.Range(0, 0x3000).Select(i => (byte)i)];

    /// <summary>The vCPUs' registers.</summary>
    public byte[][] Registers { get; } = [new byte[RegisterLayout.Size], new byte[RegisterLayout.Size]];

    /// <summary>Breakpoints that are set.</summary>
    public List<(BreakpointKind Kind, ulong Address, ulong Length)> Breakpoints { get; } = [];

    /// <summary>What each resumption said.</summary>
    public List<VcpuAction[]> Resumed { get; } = [];

    /// <summary>How often it was asked to stop.</summary>
    public int Interrupts { get; private set; }

    /// <summary>Whether the host's kernel refuses everything.</summary>
    public bool Refuses { get; set; }

    public int Vcpus => 2;

    public string Description => "a machine";

    public string Describe(int vcpu) => $"vCPU {vcpu}";

    public void ReadRegisters(int vcpu, Span<byte> block)
    {
        if (Refuses)
            throw new HostException("ioctl KVM_GET_REGS", Errno.EINVAL);
        Registers[vcpu].CopyTo(block);
    }

    public bool TryWriteRegisters(int vcpu, ReadOnlySpan<byte> block)
    {
        if (!block[RegisterLayout.Selectors..RegisterLayout.X87].SequenceEqual(Registers[vcpu].AsSpan()[RegisterLayout.Selectors..RegisterLayout.X87]))
            return false;
        block.CopyTo(Registers[vcpu]);
        return true;
    }

    public int ReadMemory(int vcpu, ulong address, Span<byte> data)
    {
        if (address < Start || address - Start >= (ulong)Memory.Length)
            return 0;
        int offset = (int)(address - Start);
        int length = Math.Min(data.Length, Memory.Length - offset);
        Memory.AsSpan(offset, length).CopyTo(data);
        return length;
    }

    public bool TryWriteMemory(int vcpu, ulong address, ReadOnlySpan<byte> data)
    {
        ulong size = (ulong)Memory.Length;
        if (address < Start || (ulong)data.Length > size || address - Start > size - (ulong)data.Length)
            return false;
        data.CopyTo(Memory.AsSpan((int)(address - Start)));
        return true;
    }

    public BreakpointResult Insert(int vcpu, BreakpointKind kind, ulong address, ulong length)
    {
        if (kind == BreakpointKind.Access)
            return BreakpointResult.Unsupported;
        if (Breakpoints.Count == DebugRegisters.Count)
            return BreakpointResult.NoRoom;
        Breakpoints.Add((kind, address, length));
        return BreakpointResult.Done;
    }

    public BreakpointResult Remove(BreakpointKind kind, ulong address, ulong length)
    {
        Breakpoints.Remove((kind, address, length));
        return BreakpointResult.Done;
    }

    public void Resume(ReadOnlySpan<VcpuAction> actions) => Resumed.Add(actions.ToArray());

    public void Interrupt() => Interrupts++;
}
