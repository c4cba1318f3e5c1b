using Vmm.Gdb.Registers;

namespace Vmm.Gdb.Protocol;

/// <content>Going on: c, s, vCont. Signals mean nothing to a machine and are left out.</content>
internal sealed partial class GdbCommands
{
    private CommandResult Go(ReadOnlySpan<byte> rest, VcpuAction action, bool signal, Reply reply)
    {
        if (signal)
        {
            if (!HexText.TryTakeNumber(ref rest, out _))
                return Malformed(reply);
            if (!rest.IsEmpty && !HexText.TryTake(ref rest, ';'))
                return Malformed(reply);
        }
        if (!rest.IsEmpty)
        {
            if (!HexText.TryTakeNumber(ref rest, out ulong address) || !rest.IsEmpty)
                return Malformed(reply);
            Target.ReadRegisters(_steering, _block);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(_block.AsSpan(RegisterLayout.Rip), address);
            if (!Target.TryWriteRegisters(_steering, _block))
                return Malformed(reply);
        }
        Span<VcpuAction> actions = stackalloc VcpuAction[Target.Vcpus];
        actions.Fill(VcpuAction.Continue);
        actions[_steering] = action;
        Target.Resume(actions);
        return CommandResult.Runs;
    }

    private CommandResult Verb(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (rest.SequenceEqual("Cont?"u8))
            reply.Text("vCont;c;C;s;S");
        else if (rest.StartsWith("Cont;"u8))
            return Continue(rest["Cont"u8.Length..], reply);
        else if (rest.StartsWith("Kill"u8))
            return Kill(reply);
        return CommandResult.Answer;
    }

    private static CommandResult Kill(Reply reply)
    {
        reply.Ok();
        return CommandResult.Kill;
    }

    /// <summary>Each vCPU does what the first action says that names it. One that none names stays where it is.</summary>
    private CommandResult Continue(ReadOnlySpan<byte> rest, Reply reply)
    {
        int vcpus = Target.Vcpus;
        Span<VcpuAction> actions = stackalloc VcpuAction[vcpus];
        bool any = false;
        while (HexText.TryTake(ref rest, ';'))
        {
            if (!TryTakeAction(ref rest, out VcpuAction action))
                return Malformed(reply);
            int thread = ThreadId.All;
            if (HexText.TryTake(ref rest, ':') && !ThreadId.TryTake(ref rest, vcpus, out thread))
                return Malformed(reply);
            if (thread == ThreadId.Any)
                thread = _steering + 1;
            for (int i = 0; i < vcpus; i++)
            {
                if ((thread != ThreadId.All && thread != i + 1) || actions[i] != VcpuAction.Stay)
                    continue;
                actions[i] = action;
                any = true;
            }
        }
        if (!rest.IsEmpty || !any)
            return Malformed(reply);
        Target.Resume(actions);
        return CommandResult.Runs;
    }

    private static bool TryTakeAction(ref ReadOnlySpan<byte> text, out VcpuAction action)
    {
        action = VcpuAction.Stay;
        if (text.IsEmpty)
            return false;
        byte letter = text[0];
        text = text[1..];
        action = letter is (byte)'s' or (byte)'S' ? VcpuAction.Step : VcpuAction.Continue;
        return letter switch
        {
            (byte)'c' or (byte)'s' => true,
            (byte)'C' or (byte)'S' => HexText.TryTakeNumber(ref text, out _),
            _ => false,
        };
    }

    private static CommandResult Malformed(Reply reply)
    {
        reply.Error(GdbError.Malformed);
        return CommandResult.Answer;
    }
}
