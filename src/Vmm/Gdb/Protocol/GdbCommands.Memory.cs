using Vmm.Gdb.Breakpoints;

namespace Vmm.Gdb.Protocol;

/// <content>Memory and breakpoints: m, M, X, Z, z.</content>
internal sealed partial class GdbCommands
{
    private readonly byte[] _memory = new byte[PacketSize / 2];

    private void ReadMemory(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (!TryTakeRange(ref rest, out ulong address, out ulong length) || !rest.IsEmpty)
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        // Less than was asked is an answer: the debugger asks for the rest.
        Span<byte> data = _memory.AsSpan(0, (int)Math.Min(length, (ulong)_memory.Length));
        int read = Target.ReadMemory(_general, address, data);
        if (read == 0 && length > 0)
            reply.Error(GdbError.BadAddress);
        else
            reply.Hex(data[..read]);
    }

    private void WriteMemory(ReadOnlySpan<byte> rest, bool binary, Reply reply)
    {
        if (!TryTakeRange(ref rest, out ulong address, out ulong length) || !HexText.TryTake(ref rest, ':') || length > PacketSize)
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        ReadOnlySpan<byte> data = rest;
        if (!binary)
        {
            Span<byte> decoded = _memory.AsSpan(0, (int)Math.Min(length, (ulong)_memory.Length));
            data = HexText.TryDecode(rest, decoded) ? decoded : [];
        }
        if ((ulong)data.Length != length)
            reply.Error(GdbError.Malformed);
        else if (Target.TryWriteMemory(_general, address, data))
            reply.Ok();
        else
            reply.Error(GdbError.BadAddress);
    }

    private void ChangeBreakpoint(ReadOnlySpan<byte> rest, bool insert, Reply reply)
    {
        if (rest.IsEmpty || HexText.Digit(rest[0]) is not (>= (int)BreakpointKind.Software and <= (int)BreakpointKind.Access and int type))
            return;
        rest = rest[1..];
        if (!HexText.TryTake(ref rest, ',') || !TryTakeRange(ref rest, out ulong address, out ulong length) || !rest.IsEmpty)
        {
            // Conditions and commands may follow; we did not say that we take any.
            reply.Error(GdbError.Malformed);
            return;
        }
        BreakpointKind kind = (BreakpointKind)type;
        switch (insert ? Target.Insert(_general, kind, address, length) : Target.Remove(kind, address, length))
        {
            case BreakpointResult.Done:
                reply.Ok();
                break;
            case BreakpointResult.Refused:
                reply.Error(GdbError.Refused);
                break;
            case BreakpointResult.BadAddress:
                reply.Error(GdbError.BadAddress);
                break;
            case BreakpointResult.Malformed:
                reply.Error(GdbError.Malformed);
                break;
            case BreakpointResult.NoRoom:
                reply.Error(GdbError.NoRoom);
                break;
        }
    }

    private static bool TryTakeRange(ref ReadOnlySpan<byte> text, out ulong address, out ulong length)
    {
        length = 0;
        return HexText.TryTakeNumber(ref text, out address) && HexText.TryTake(ref text, ',') && HexText.TryTakeNumber(ref text, out length);
    }
}
