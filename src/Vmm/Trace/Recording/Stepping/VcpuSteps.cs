using Iced.Intel;
using Vmm.Inspect;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording.Stepping;

/// <summary>One vCPU's steps: which instruction was run, and what it changed. On that vCPU's thread.</summary>
/// <param name="moment">Its registers and code.</param>
/// <param name="records">Where they go.</param>
internal sealed class VcpuSteps(VcpuMoment moment, VcpuRecords records)
{
    /// <summary>A loop is short, but code goes on without end.</summary>
    private const int MostCodes = 1 << 16;

    private readonly Dictionary<(ulong Address, int Bits), (int Number, byte[] Bytes)> _codes = [];
    private readonly ulong[] _before = new ulong[StepRegisters.Count];
    private readonly ulong[] _after = new ulong[StepRegisters.Count];
    private readonly byte[] _code = new byte[CodeListing.LongestInstruction];
    private int _codeLength;
    private int _bits;
    private ulong _pointer;

    /// <summary>Where the instruction is that runs next, as a linear address.</summary>
    public ulong Next { get; private set; }

    /// <summary>Looks at what runs next.</summary>
    /// <param name="context">The registers now.</param>
    public void Prepare(ProcessorContext context)
    {
        StepRegisters.Read(context.Registers, context.Special, _before);
        (Next, _pointer, _bits) = (context.LinearPointer, context.Registers.rip, context.Bits);
        // Before it runs: it may write over itself, or unmap itself.
        _codeLength = moment.ReadCode(Next, _code);
    }

    /// <summary>Notes that it was run.</summary>
    /// <param name="context">The registers now.</param>
    /// <param name="now">When, in nanoseconds from the start of the trace.</param>
    /// <param name="handled">How long the exit's answer took, in nanoseconds.</param>
    /// <param name="inGuest">How long the vCPU had been in KVM_RUN, in nanoseconds.</param>
    public void Note(ProcessorContext context, long now, long handled, long inGuest)
    {
        StepRegisters.Read(context.Registers, context.Special, _after);
        records.Step(now, handled, inGuest, CodeNumber(), _before, _after);
    }

    private int CodeNumber()
    {
        ReadOnlySpan<byte> bytes = _code.AsSpan(0, _codeLength);
        if (_codes.TryGetValue((_pointer, _bits), out (int Number, byte[] Bytes) known) && bytes.SequenceEqual(known.Bytes))
            return known.Number;
        if (_codes.Count >= MostCodes)
            _codes.Clear();
        byte[] copy = bytes.ToArray();
        Decoder decoder = Decoder.Create(_bits, new ByteArrayCodeReader(copy), _pointer);
        decoder.Decode(out Instruction one);
        int number = records.Code(_pointer, _bits, known: true, one.IsInvalid ? copy : bytes[..one.Length]);
        _codes[(_pointer, _bits)] = (number, copy);
        return number;
    }
}
