using System.Text;
using Vmm.Gdb.Registers;

namespace Vmm.Gdb.Protocol;

/// <content>What the debugger wants to know: q and Q ("Debugging with GDB", General Query Packets).</content>
internal sealed partial class GdbCommands
{
    private const string Help = "help: this text\ninfo: the machine in a line\n";

    private int _listed;

    private void Ask(ReadOnlySpan<byte> rest, Reply reply)
    {
        int end = rest.IndexOfAny(":,;"u8);
        ReadOnlySpan<byte> name = end < 0 ? rest : rest[..end];
        ReadOnlySpan<byte> argument = end < 0 ? [] : rest[(end + 1)..];
        switch (Encoding.ASCII.GetString(name))
        {
            case "Supported":
                Agree(argument, reply);
                break;
            case "Xfer":
                Transfer(argument, reply);
                break;
            case "Attached":
                // The guest was there before: when the debugger leaves, it detaches and does not kill.
                reply.Text("1");
                break;
            case "C":
                reply.Text("QC");
                reply.Number(ThreadId.Of(_general));
                break;
            case "fThreadInfo":
                _listed = 0;
                ListThreads(reply);
                break;
            case "sThreadInfo":
                ListThreads(reply);
                break;
            case "ThreadExtraInfo":
                DescribeThread(argument, reply);
                break;
            case "Symbol":
                // No symbol is wanted.
                reply.Ok();
                break;
            case "Rcmd":
                Monitor(argument, reply);
                break;
        }
    }

    private void Set(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (!rest.SequenceEqual("StartNoAckMode"u8))
            return;
        NoAcknowledgements = true;
        reply.Ok();
    }

    private void Agree(ReadOnlySpan<byte> features, Reply reply)
    {
        foreach (Range range in features.Split((byte)';'))
        {
            _knowsSoftware |= features[range].SequenceEqual("swbreak+"u8);
            _knowsHardware |= features[range].SequenceEqual("hwbreak+"u8);
        }
        reply.Text($"PacketSize={PacketSize:x};qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;vContSupported+");
    }

    /// <summary>Xfer:features:read:NAME:OFFSET,LENGTH.</summary>
    private static void Transfer(ReadOnlySpan<byte> argument, Reply reply)
    {
        const string Features = "features:read:";
        if (!argument.StartsWith("features:read:"u8))
            return;
        argument = argument[Features.Length..];
        int colon = argument.IndexOf((byte)':');
        ReadOnlySpan<byte> name = colon < 0 ? [] : argument[..colon];
        ReadOnlySpan<byte> place = colon < 0 ? [] : argument[(colon + 1)..];
        if (!name.SequenceEqual(Encoding.ASCII.GetBytes(TargetDescription.Name)) || !TryTakeRange(ref place, out ulong offset, out ulong length) || !place.IsEmpty)
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        ReadOnlySpan<byte> xml = TargetDescription.Xml.Span;
        xml = offset < (ulong)xml.Length ? xml[(int)offset..] : [];
        // Some bytes take two on the way.
        int part = (int)Math.Min(length, Math.Min((ulong)xml.Length, PacketSize / 2));
        reply.Text(part < xml.Length ? "m" : "l");
        reply.Raw(xml[..part]);
    }

    private void ListThreads(Reply reply)
    {
        if (_listed >= Target.Vcpus)
        {
            reply.Text("l");
            return;
        }
        for (; _listed < Target.Vcpus; _listed++)
        {
            reply.Text(reply.Data.IsEmpty ? "m" : ",");
            reply.Number(ThreadId.Of(_listed));
        }
    }

    private void DescribeThread(ReadOnlySpan<byte> argument, Reply reply)
    {
        if (ThreadId.TryTake(ref argument, Target.Vcpus, out int thread) && thread > 0)
            reply.Hex(Encoding.ASCII.GetBytes(Target.Describe(thread - 1)));
        else
            reply.Error(GdbError.Malformed);
    }

    /// <summary>gdb's <c>monitor</c>: a line of text for us, and one back.</summary>
    private void Monitor(ReadOnlySpan<byte> argument, Reply reply)
    {
        byte[] line = new byte[argument.Length / 2];
        if (!HexText.TryDecode(argument, line))
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        string said = Encoding.ASCII.GetString(line).Trim() switch
        {
            "help" => Help,
            "info" => Target.Description + "\n",
            _ => "not known; monitor help\n",
        };
        reply.Hex(Encoding.UTF8.GetBytes(said));
    }
}
