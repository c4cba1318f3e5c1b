using Vmm.Gdb.Registers;

namespace Vmm.Gdb.Protocol;

/// <content>Registers: g, G, p, P.</content>
internal sealed partial class GdbCommands
{
    private readonly byte[] _block = new byte[RegisterLayout.Size];

    private void ReadRegisters(Reply reply)
    {
        Target.ReadRegisters(_general, _block);
        reply.Hex(_block);
    }

    private void WriteRegisters(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (!HexText.TryDecode(rest, _block))
            reply.Error(GdbError.Malformed);
        else
            Write(reply);
    }

    private void ReadRegister(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (!TryTakeRegister(ref rest, out GdbRegister register) || !rest.IsEmpty)
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        Target.ReadRegisters(_general, _block);
        reply.Hex(_block.AsSpan(register.Offset, register.Length));
    }

    private void WriteRegister(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (TryTakeRegister(ref rest, out GdbRegister register) && HexText.TryTake(ref rest, '='))
        {
            Target.ReadRegisters(_general, _block);
            if (HexText.TryDecode(rest, _block.AsSpan(register.Offset, register.Length)))
            {
                Write(reply);
                return;
            }
        }
        reply.Error(GdbError.Malformed);
    }

    private void Write(Reply reply)
    {
        if (Target.TryWriteRegisters(_general, _block))
            reply.Ok();
        else
            reply.Error(GdbError.Malformed);
    }

    private static bool TryTakeRegister(ref ReadOnlySpan<byte> text, out GdbRegister register)
    {
        register = default;
        if (!HexText.TryTakeNumber(ref text, out ulong number) || number >= (ulong)RegisterLayout.All.Count)
            return false;
        register = RegisterLayout.All[(int)number];
        return true;
    }
}
