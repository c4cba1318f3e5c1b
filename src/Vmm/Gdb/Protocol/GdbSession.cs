using System.Buffers;
using System.Globalization;
using Vmm.Host;

namespace Vmm.Gdb.Protocol;

/// <summary>
/// A debugger's connection, without its socket: takes what it sends and says what to answer. Keeps at most one packet each way. While
/// the guest runs only Ctrl-C, detach and kill are possible; everything else is told so.
/// </summary>
/// <param name="target">The machine, which is held.</param>
/// <param name="send">Sends bytes to the debugger.</param>
internal sealed class GdbSession(IGdbTarget target, Action<ReadOnlyMemory<byte>> send)
{
    /// <summary>Answers are put together up to here before they are sent.</summary>
    private const int SendAt = 64 << 10;

    private readonly PacketReader _reader = new(GdbCommands.PacketSize);
    private readonly GdbCommands _commands = new(target);
    private readonly Reply _reply = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _last = [];
    private bool _acknowledges = true;

    /// <summary>Whether the guest runs, as far as the debugger knows.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Whether the debugger has ever let it run, were it for one instruction.</summary>
    public bool HasRun { get; private set; }

    /// <summary>Whether not one packet has come: somebody looked whether anybody listens here.</summary>
    public bool IsSilent { get; private set; } = true;

    /// <summary>What the debugger wants to become of the guest, once it has said; then nothing more is taken from it.</summary>
    public CommandResult? Parting { get; private set; }

    /// <summary>What the debugger's commands are done to; null while the guest is being started again.</summary>
    public IGdbTarget? Target
    {
        get;
        set
        {
            field = value;
            if (value is not null)
                _commands.Target = value;
        }
    } = target;

    /// <summary>Takes what the debugger sent.</summary>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            if (Parting is not null)
                break;
            switch (_reader.Take(next))
            {
                case PacketEvent.Packet:
                    IsSilent = false;
                    Acknowledge(Framing.Acknowledge);
                    Handle();
                    break;
                case PacketEvent.TooLong:
                    Acknowledge(Framing.Acknowledge);
                    _reply.Clear();
                    _reply.Error(GdbError.Malformed);
                    Answer();
                    break;
                case PacketEvent.Corrupt:
                    Acknowledge(Framing.Refuse);
                    break;
                case PacketEvent.Refused when _acknowledges:
                    _output.Write(_last);
                    break;
                case PacketEvent.Interrupt when IsRunning:
                    Target?.Interrupt();
                    break;
            }
            if (_output.WrittenCount > SendAt)
                Flush();
        }
        Flush();
    }

    /// <summary>The guest stopped.</summary>
    public void Stopped(StopReason stop)
    {
        _reply.Clear();
        _commands.Stopped(stop, _reply);
        if (!IsRunning)
            return;
        IsRunning = false;
        Answer();
        Flush();
    }

    /// <summary>Shows the user a line while the guest runs.</summary>
    public void Say(string line)
    {
        if (!IsRunning)
            return;
        _reply.Clear();
        _reply.Text("O");
        _reply.Hex(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        Answer();
        Flush();
    }

    /// <summary>The guest's run is over.</summary>
    /// <param name="signal">Whether it crashed: the number is a signal's then, as a process would have ended by.</param>
    /// <param name="number">That, or its exit status.</param>
    public void Ended(bool signal, byte number)
    {
        // Only a guest that runs can end by itself; any other's debugger finds its connection closed.
        if (!IsRunning)
            return;
        IsRunning = false;
        _reply.Clear();
        _reply.Text(string.Create(CultureInfo.InvariantCulture, $"{(signal ? 'X' : 'W')}{number:x2}"));
        Answer();
        Flush();
    }

    private void Handle()
    {
        _reply.Clear();
        ReadOnlySpan<byte> packet = _reader.Packet;
        if ((IsRunning || Target is null) && !(packet.Length > 0 && packet[0] is (byte)'D' or (byte)'k'))
        {
            _reply.Error(GdbError.Running);
            Answer();
            return;
        }
        CommandResult result;
        try
        {
            result = _commands.Handle(packet, _reply);
        }
        catch (VmmException)
        {
            // The machine ended under it.
            _reply.Clear();
            _reply.Error(GdbError.Refused);
            result = CommandResult.Answer;
        }
        switch (result)
        {
            case CommandResult.Runs:
                IsRunning = HasRun = true;
                break;
            case CommandResult.Detach:
                Answer();
                Parting = result;
                break;
            case CommandResult.Kill:
                if (!_reply.Data.IsEmpty)
                    Answer();
                Parting = result;
                break;
            default:
                Answer();
                if (_commands.NoAcknowledgements)
                    _acknowledges = false;
                break;
        }
    }

    private void Acknowledge(byte how)
    {
        if (_acknowledges)
            _output.Write([how]);
    }

    private void Answer()
    {
        int before = _output.WrittenCount;
        Framing.Write(_output, _reply.Data);
        if (_acknowledges)
            _last = _output.WrittenSpan[before..].ToArray();
    }

    private void Flush()
    {
        if (_output.WrittenCount > 0)
            send(_output.WrittenMemory);
        _output.ResetWrittenCount();
    }
}
