using System.Text;
using Vmm.Kvm.Abi;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>One vCPU's records that are not written yet. Not for several threads at once.</summary>
internal sealed class VcpuRecords
{
    /// <summary>From here on they should be written.</summary>
    private const int Enough = 32 << 10;

    /// <summary>More than the largest record takes.</summary>
    private const int LargestRecord = 512;

    private readonly byte[] _buffer = new byte[Enough + LargestRecord];
    private readonly int _head;
    private int _length;
    private long _last;
    private int _codes;
    private int _devices;

    /// <summary>Begins a vCPU's records.</summary>
    /// <param name="vcpu">Its number.</param>
    public VcpuRecords(int vcpu) => _length = _head = VarInt.Write(_buffer, (ulong)vcpu);

    /// <summary>Whether there are enough to write them now.</summary>
    public bool IsFull => _length >= Enough;

    /// <summary>Defines an instruction.</summary>
    /// <returns>Its number, for <see cref="Exit"/>.</returns>
    public int Code(ulong address, int bits, bool known, ReadOnlySpan<byte> bytes)
    {
        Byte((byte)RecordKind.Code);
        Number(address);
        Byte((byte)bits);
        Byte(known ? (byte)1 : (byte)0);
        Bytes(bytes);
        return ++_codes;
    }

    /// <summary>Defines a device.</summary>
    /// <returns>Its number, for <see cref="Exit"/>.</returns>
    public int Device(string name, string model)
    {
        Byte((byte)RecordKind.Device);
        Text(name);
        Text(model);
        return ++_devices;
    }

    /// <summary>Adds an exit.</summary>
    public void Exit(long answered, long handled, long inGuest, KvmExitReason reason, int code, in ExitAccess access)
    {
        Moment(RecordKind.Exit, answered, handled, inGuest, reason, code);
        Byte((byte)access.Kind);
        if (access.Kind == AccessKind.None)
            return;
        Number(access.Address);
        Number((uint)access.Device);
        Number(access.Offset);
        Byte((byte)access.Size);
        Number((ulong)access.Count);
        Bytes(access.Data);
    }

    /// <summary>Adds a step.</summary>
    /// <param name="answered">When it was over, in nanoseconds from the start of the trace.</param>
    /// <param name="handled">How long the exit's answer took, in nanoseconds.</param>
    /// <param name="inGuest">How long the vCPU had been in KVM_RUN, in nanoseconds.</param>
    /// <param name="code">The instruction.</param>
    /// <param name="before">The registers of <see cref="StepRegisters"/>.</param>
    /// <param name="after">The same, afterwards.</param>
    public void Step(long answered, long handled, long inGuest, int code, ReadOnlySpan<ulong> before, ReadOnlySpan<ulong> after)
    {
        Moment(RecordKind.Step, answered, handled, inGuest, KvmExitReason.KVM_EXIT_DEBUG, code);
        int count = 0;
        for (int i = 0; i < after.Length; i++)
            count += before[i] == after[i] ? 0 : 1;
        Byte((byte)count);
        for (int i = 0; i < after.Length; i++)
        {
            if (before[i] == after[i])
                continue;
            Byte((byte)i);
            Number(after[i]);
        }
    }

    /// <summary>Hands the records over and forgets them; nothing when there are none.</summary>
    public ReadOnlySpan<byte> Take()
    {
        int length = _length;
        _length = _head;
        return length == _head ? [] : _buffer.AsSpan(0, length);
    }

    private void Moment(RecordKind kind, long answered, long handled, long inGuest, KvmExitReason reason, int code)
    {
        Byte((byte)kind);
        Signed(answered - _last);
        _last = answered;
        Number((ulong)Math.Max(0, handled));
        Number((ulong)Math.Max(0, inGuest));
        Number((uint)reason);
        Number((uint)code);
    }

    private void Byte(byte value) => _buffer[_length++] = value;

    private void Number(ulong value) => _length += VarInt.Write(_buffer.AsSpan(_length), value);

    private void Signed(long value) => _length += VarInt.WriteSigned(_buffer.AsSpan(_length), value);

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((uint)bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Text(string text)
    {
        const int longest = 64;
        Bytes(Encoding.UTF8.GetBytes(text.Length > longest ? text[..longest] : text));
    }
}
