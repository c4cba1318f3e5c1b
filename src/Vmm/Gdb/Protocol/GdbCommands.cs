using Vmm.Host;

namespace Vmm.Gdb.Protocol;

/// <summary>
/// The commands of the protocol ("Debugging with GDB", Remote Protocol, Packets): takes a packet, does it to the target and puts the
/// answer together. A command that it does not know gets an empty answer, as the protocol has it.
/// </summary>
/// <param name="target">What they are done to.</param>
internal sealed partial class GdbCommands(IGdbTarget target)
{
    /// <summary>The longest packet either way, in bytes; said in qSupported.</summary>
    public const int PacketSize = 0x4000;

    // The vCPU that registers and memory are asked of, and the one that s and c are about; from 0.
    private int _general;
    private int _steering;
    private bool _knowsSoftware;
    private bool _knowsHardware;

    /// <summary>What they are done to. Another one after a reset of the guest.</summary>
    public IGdbTarget Target { get; set; } = target;

    /// <summary>Whether packets are no longer acknowledged, from the one after this on.</summary>
    public bool NoAcknowledgements { get; private set; }

    /// <summary>The last stop.</summary>
    public StopReason LastStop { get; private set; }

    /// <summary>Does what a packet says.</summary>
    /// <param name="packet">Its data.</param>
    /// <param name="reply">Empty before; the answer after it.</param>
    public CommandResult Handle(ReadOnlySpan<byte> packet, Reply reply)
    {
        if (packet.IsEmpty)
            return CommandResult.Answer;
        try
        {
            return Dispatch((char)packet[0], packet[1..], reply);
        }
        catch (HostException)
        {
            reply.Clear();
            reply.Error(GdbError.Refused);
            return CommandResult.Answer;
        }
    }

    /// <summary>Takes note of a stop, and tells it.</summary>
    public void Stopped(StopReason stop, Reply reply)
    {
        LastStop = stop;
        _general = _steering = stop.Vcpu;
        TellStop(reply);
    }

    private CommandResult Dispatch(char command, ReadOnlySpan<byte> rest, Reply reply)
    {
        switch (command)
        {
            case '?':
                TellStop(reply);
                break;
            case 'g':
                ReadRegisters(reply);
                break;
            case 'G':
                WriteRegisters(rest, reply);
                break;
            case 'p':
                ReadRegister(rest, reply);
                break;
            case 'P':
                WriteRegister(rest, reply);
                break;
            case 'm':
                ReadMemory(rest, reply);
                break;
            case 'M':
                WriteMemory(rest, binary: false, reply);
                break;
            case 'X':
                WriteMemory(rest, binary: true, reply);
                break;
            case 'Z':
                ChangeBreakpoint(rest, insert: true, reply);
                break;
            case 'z':
                ChangeBreakpoint(rest, insert: false, reply);
                break;
            case 'H':
                Select(rest, reply);
                break;
            case 'T':
                IsAlive(rest, reply);
                break;
            case 'q':
                Ask(rest, reply);
                break;
            case 'Q':
                Set(rest, reply);
                break;
            case 'c':
                return Go(rest, VcpuAction.Continue, signal: false, reply);
            case 'C':
                return Go(rest, VcpuAction.Continue, signal: true, reply);
            case 's':
                return Go(rest, VcpuAction.Step, signal: false, reply);
            case 'S':
                return Go(rest, VcpuAction.Step, signal: true, reply);
            case 'v':
                return Verb(rest, reply);
            case 'D':
                reply.Ok();
                return CommandResult.Detach;
            case 'k':
                return CommandResult.Kill;
        }
        return CommandResult.Answer;
    }

    private void Select(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (rest.IsEmpty || rest[0] is not ((byte)'g' or (byte)'c'))
            return;
        bool general = rest[0] == (byte)'g';
        rest = rest[1..];
        if (!ThreadId.TryTake(ref rest, Target.Vcpus, out int thread) || !rest.IsEmpty)
        {
            reply.Error(GdbError.Malformed);
            return;
        }
        int vcpu = thread > 0 ? thread - 1 : LastStop.Vcpu;
        if (general)
            _general = vcpu;
        else
            _steering = vcpu;
        reply.Ok();
    }

    private void IsAlive(ReadOnlySpan<byte> rest, Reply reply)
    {
        if (ThreadId.TryTake(ref rest, Target.Vcpus, out int thread) && thread > 0 && rest.IsEmpty)
            reply.Ok();
        else
            reply.Error(GdbError.Malformed);
    }
}
