using Vmm.Kvm.Abi;

namespace Vmm.Trace.Format;

/// <summary>One exit, as a trace has it.</summary>
internal sealed record TracedExit
{
    /// <summary>The vCPU.</summary>
    public required int Vcpu { get; init; }

    /// <summary>When it was answered, in nanoseconds from the start of the trace.</summary>
    public required long Answered { get; init; }

    /// <summary>How long the answer took, in nanoseconds.</summary>
    public required long Handled { get; init; }

    /// <summary>How long the vCPU had been in KVM_RUN before, in nanoseconds.</summary>
    public required long InGuest { get; init; }

    /// <summary>Why the guest was left.</summary>
    public required KvmExitReason Reason { get; init; }

    /// <summary>The instruction; null when it was not looked at.</summary>
    public TracedCode? Code { get; init; }

    /// <summary>What was wanted.</summary>
    public AccessKind Access { get; init; }

    /// <summary>The port, the guest-physical address or the number of the MSR.</summary>
    public ulong Address { get; init; }

    /// <summary>Who answered; null when nobody did.</summary>
    public TracedDevice? Device { get; init; }

    /// <summary>From the device's start, in bytes.</summary>
    public ulong Offset { get; init; }

    /// <summary>Bytes an item.</summary>
    public int Size { get; init; }

    /// <summary>Items; more than one for a string instruction.</summary>
    public long Count { get; init; }

    /// <summary>What was read or written, the first <see cref="TraceFormat.MostData"/> bytes.</summary>
    public byte[] Data { get; init; } = [];

    /// <summary>The registers that the instruction changed, when it was stepped over; null for any other exit.</summary>
    public IReadOnlyList<(string Name, ulong Value)>? Changed { get; init; }

    /// <summary>When the guest was left, in nanoseconds from the start of the trace.</summary>
    public long Left => Answered - Handled;

    /// <summary>The first item as a number.</summary>
    public ulong Value
    {
        get
        {
            ulong value = 0;
            for (int i = Math.Min(Size, Data.Length) - 1; i >= 0; i--)
                value = value << 8 | Data[i];
            return value;
        }
    }

    /// <summary>Whether something was written.</summary>
    public bool IsWrite => Access is AccessKind.PortWrite or AccessKind.MemoryWrite or AccessKind.MsrWrite;
}
