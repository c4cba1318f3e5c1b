using System.Diagnostics.CodeAnalysis;
using System.Text;
using Vmm.Inspect;
using Vmm.Kvm.Abi;
using Vmm.Machine.Config;

namespace Vmm.Trace.Format;

/// <summary>Reads one vCPU's records, block after block.</summary>
/// <param name="vcpu">Its number.</param>
internal sealed class RecordReader(int vcpu)
{
    private readonly List<TracedCode> _codes = [];
    private readonly List<TracedDevice> _devices = [];
    private long _last;

    /// <summary>Reads a block's records.</summary>
    /// <param name="rest">The block, after the vCPU's number.</param>
    /// <param name="exits">Exits are added here.</param>
    /// <returns>False when one cannot be read.</returns>
    public bool TryRead(ReadOnlySpan<byte> rest, List<TracedExit> exits)
    {
        while (!rest.IsEmpty)
        {
            RecordKind kind = (RecordKind)rest[0];
            rest = rest[1..];
            bool whole = kind switch
            {
                RecordKind.Code => TryReadCode(ref rest),
                RecordKind.Device => TryReadDevice(ref rest),
                RecordKind.Exit => TryReadExit(ref rest, exits),
                RecordKind.Step => TryReadStep(ref rest, exits),
                _ => false,
            };
            if (!whole)
                return false;
        }
        return true;
    }

    private bool TryReadCode(ref ReadOnlySpan<byte> rest)
    {
        if (!VarInt.TryRead(ref rest, out ulong address) || !TryReadByte(ref rest, out byte bits) || bits is not (16 or 32 or 64)
            || !TryReadByte(ref rest, out byte known) || !TryReadBytes(ref rest, CodeListing.LongestInstruction, out byte[] bytes))
            return false;
        _codes.Add(new TracedCode(address, bits, known != 0, bytes));
        return true;
    }

    private bool TryReadDevice(ref ReadOnlySpan<byte> rest)
    {
        const int longest = 256;
        if (!TryReadBytes(ref rest, longest, out byte[] name) || !TryReadBytes(ref rest, longest, out byte[] model))
            return false;
        _devices.Add(new TracedDevice(Printable.Escape(Encoding.UTF8.GetString(name)), Encoding.UTF8.GetString(model)));
        return true;
    }

    private bool TryReadExit(ref ReadOnlySpan<byte> rest, List<TracedExit> exits)
    {
        if (!TryReadMoment(ref rest, out TracedExit? exit) || !TryReadByte(ref rest, out byte access) || access > (byte)AccessKind.MsrWrite)
            return false;
        exit = exit with { Access = (AccessKind)access };
        if (exit.Access != AccessKind.None)
        {
            if (!VarInt.TryRead(ref rest, out ulong address) || !VarInt.TryRead(ref rest, out ulong device) || device > (ulong)_devices.Count
                || !VarInt.TryRead(ref rest, out ulong offset) || !TryReadByte(ref rest, out byte size) || size > sizeof(ulong)
                || !VarInt.TryRead(ref rest, out ulong count) || count > uint.MaxValue || !TryReadBytes(ref rest, TraceFormat.MostData, out byte[] data))
                return false;
            exit = exit with { Address = address, Device = device == 0 ? null : _devices[(int)device - 1], Offset = offset, Size = size, Count = (long)count, Data = data };
        }
        exits.Add(exit);
        return true;
    }

    private bool TryReadStep(ref ReadOnlySpan<byte> rest, List<TracedExit> exits)
    {
        if (!TryReadMoment(ref rest, out TracedExit? exit) || !TryReadByte(ref rest, out byte count))
            return false;
        List<(string, ulong)> changed = [];
        for (; count > 0; count--)
        {
            if (!TryReadByte(ref rest, out byte register) || register >= StepRegisters.Count || !VarInt.TryRead(ref rest, out ulong value))
                return false;
            changed.Add((StepRegisters.Name(register), value));
        }
        exits.Add(exit with { Changed = changed });
        return true;
    }

    /// <summary>Reads what every exit has.</summary>
    private bool TryReadMoment(ref ReadOnlySpan<byte> rest, [NotNullWhen(true)] out TracedExit? exit)
    {
        exit = null;
        if (!VarInt.TryReadSigned(ref rest, out long since) || !VarInt.TryRead(ref rest, out ulong handled) || !VarInt.TryRead(ref rest, out ulong inGuest)
            || !VarInt.TryRead(ref rest, out ulong reason) || reason > uint.MaxValue || !VarInt.TryRead(ref rest, out ulong code) || code > (ulong)_codes.Count)
            return false;
        _last += since;
        exit = new()
        {
            Vcpu = vcpu,
            Answered = _last,
            Handled = (long)handled,
            InGuest = (long)inGuest,
            Reason = (KvmExitReason)reason,
            Code = code == 0 ? null : _codes[(int)code - 1],
        };
        return true;
    }

    private static bool TryReadByte(ref ReadOnlySpan<byte> rest, out byte value)
    {
        value = 0;
        if (rest.IsEmpty)
            return false;
        value = rest[0];
        rest = rest[1..];
        return true;
    }

    private static bool TryReadBytes(ref ReadOnlySpan<byte> rest, int most, out byte[] bytes)
    {
        bytes = [];
        if (!VarInt.TryRead(ref rest, out ulong length) || length > (ulong)most || length > (ulong)rest.Length)
            return false;
        bytes = rest[..(int)length].ToArray();
        rest = rest[(int)length..];
        return true;
    }
}
