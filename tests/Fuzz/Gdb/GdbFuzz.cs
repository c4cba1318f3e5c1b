using System.Buffers;
using System.Text;
using CsCheck;
using Vmm.Gdb;
using Vmm.Gdb.Protocol;
using Vmm.Tests.Vmm.Gdb;
using Xunit;

namespace Vmm.Tests.Fuzz.Gdb;

/// <summary>A debugger that says anything: right packets, spoilt ones, and bytes. Every answer is a packet of bounded length, and the session goes on.</summary>
public class GdbFuzz
{
    private static readonly string[] s_commands =
    [
        "?", "g", "G00", "p0", "p10", "p41", "pffffffffffffffff", "P10=0011223344556677", "P0=", "m1000,10", "m3fff,ffffffffffffffff", "mffffffffffffffff,ffffffffffffffff",
        "m0,0", "M1000,2:aabb", "Mffffffffffffffff,2:aabb", "X1000,3:abc", "X0,ffffffffffffffff:", "Z0,1000,1", "Z1,1000,1", "Z2,1003,7", "Z3,ffffffffffffffff,ffffffffffffffff",
        "Z4,0,0", "z0,1000,1", "z2,1003,7", "Hg1", "Hc-1", "Hg99999999", "T1", "qSupported:swbreak+;hwbreak+;;;", "qXfer:features:read:target.xml:0,ffb",
        "qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff", "qXfer:features:read:", "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,1", "qRcmd,68656c70",
        "qRcmd,zz", "qC", "vCont?", "vCont;c", "vCont;s:1;c:2;S05:-1", "vCont;;;;", "c", "s", "c1000", "C05;1000", "Cffffffffffffffff", "vKill;1", "QStartNoAckMode", "D", "k",
    ];

    private static readonly Gen<byte[]> GenCommand = Gen.Int[0, s_commands.Length - 1].Select(i => Frame(Encoding.ASCII.GetBytes(s_commands[i])));

    private static readonly Gen<byte[]> GenSpoilt = Gen.Select(Gen.Int[0, s_commands.Length - 1], Gen.Int[0, 60], Gen.Byte).Select((which, at, value) =>
    {
        byte[] command = Encoding.ASCII.GetBytes(s_commands[which]);
        command[at % command.Length] = value;
        return Frame(command);
    });

    private static readonly Gen<byte[]> GenPiece = Gen.Frequency(
        (6, GenCommand),
        (4, GenSpoilt),
        (1, Gen.Byte.Array[0, 40].Select(bytes => Frame(bytes))),
        (1, Gen.Byte.Array[0, 40]),
        (1, Gen.Const("\x03"u8.ToArray())),
        (1, Gen.Const("-"u8.ToArray())),
        (1, Gen.Int[GdbCommands.PacketSize - 2, GdbCommands.PacketSize + 2].Select(length => Frame(new byte[length]))));

    [Fact]
    public void Nothing_that_a_debugger_sends_does_harm()
    {
        int answers = 0;
        GenPiece.Array[1, 40].Sample(pieces => Run(pieces, ref answers), time: FuzzBudget.Seconds);
        Assert.True(answers > 0, "nothing was answered: the fuzzer tests nothing");
    }

    private static void Run(byte[][] pieces, ref int answers)
    {
        FakeTarget target = new();
        List<byte> sent = [];
        GdbSession session = new(target, bytes => sent.AddRange(bytes.Span));
        PacketReader reader = new(GdbCommands.PacketSize);
        foreach (byte[] piece in pieces)
        {
            session.Receive(piece);
            // A guest that runs stops again.
            if (session.IsRunning)
                session.Stopped(new StopReason(StopKind.Step, 1));
            foreach (byte next in sent)
            {
                PacketEvent what = reader.Take(next);
                Assert.True(what is PacketEvent.None or PacketEvent.Packet or PacketEvent.Acknowledged or PacketEvent.Refused, what.ToString());
                if (what == PacketEvent.Packet)
                    Interlocked.Increment(ref answers);
            }
            sent.Clear();
        }
        if (session.Parting is null)
        {
            // Whatever it was in the middle of.
            session.Receive("$$$"u8);
            session.Receive(Frame("m1000,1"u8));
            Assert.Contains((byte)'#', sent);
        }
    }

    private static byte[] Frame(ReadOnlySpan<byte> data)
    {
        ArrayBufferWriter<byte> packet = new();
        Framing.Write(packet, data);
        return packet.WrittenSpan.ToArray();
    }
}
