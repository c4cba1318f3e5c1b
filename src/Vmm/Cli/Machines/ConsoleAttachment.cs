using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vmm.Consoles;
using Vmm.Control.Local;
using Vmm.Host;

namespace Vmm.Cli.Machines;

/// <summary>This terminal at a VM's console: keys go there, what the guest prints comes here.</summary>
/// <param name="stream">The connection, after the VM agreed.</param>
internal sealed unsafe class ConsoleAttachment(ControlStream stream) : IDisposable
{
    private const int Piece = 4096;

    private readonly Terminal _terminal = new();
    private readonly EscapeParser _parser = new();
    private bool _detached;

    /// <summary>Stays attached until the user detaches, input ends, or the VM does.</summary>
    /// <returns>Whether the VM ended.</returns>
    public bool Run()
    {
        using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => SendSize());
        using PosixSignalRegistration continued = PosixSignalRegistration.Create(PosixSignal.SIGCONT, context =>
        {
            // Or the runtime would, after this, give the terminal the settings that it knows of.
            context.Cancel = true;
            _terminal.EnterRaw();
        });
        // They end this process as ever.
        using EndSignals ends = new((_, _) => _terminal.Dispose());
        _terminal.EnterRaw();
        SendSize();
        return Pump();
    }

    /// <summary>Gives the terminal back.</summary>
    public void Dispose() => _terminal.Dispose();

    private bool Pump()
    {
        byte[] buffer = new byte[Piece];
        Linux.pollfd* fds = stackalloc Linux.pollfd[2];
        bool reading = true;
        while (true)
        {
            fds[0] = new() { fd = stream.Socket.Number, events = Linux.POLLIN };
            fds[1] = new() { fd = Linux.StandardInput, events = Linux.POLLIN };
            if (Linux.ppoll(fds, reading ? 2u : 1u, null, null) < 0)
                continue;
            if (fds[0].revents != 0)
            {
                int count = stream.Read(buffer);
                if (count == 0)
                    return true;
                if (!Show(buffer.AsSpan(0, count)))
                    return false;
            }
            if (!reading || fds[1].revents == 0)
                continue;
            fixed (byte* start = buffer)
            {
                nint typed = Linux.read(Linux.StandardInput, start, Piece);
                if (typed > 0)
                    Send(buffer.AsSpan(0, (int)typed));
                // The end of a pipe or file that was typed from: the output is still wanted.
                else if (typed == 0 || !Linux.Interrupted)
                    reading = false;
            }
            if (_detached)
                return false;
        }
    }

    private static bool Show(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = Linux.write(Linux.StandardOutput, start + done, (nuint)(bytes.Length - done));
                if (written > 0)
                    done += (int)written;
                else if (!Linux.Interrupted)
                    return false;
            }
        }
        return true;
    }

    private void Send(ReadOnlySpan<byte> typed)
    {
        Span<byte> data = stackalloc byte[Piece];
        int length = 0;
        foreach (byte key in typed)
        {
            switch (_terminal.IsTerminal ? _parser.Next(key) : EscapeKey.Data)
            {
                case EscapeKey.Data:
                    data[length++] = key;
                    break;
                case EscapeKey.Break:
                    SendFrame(ConsoleFrame.Data, data[..length]);
                    length = 0;
                    SendFrame(ConsoleFrame.Break, []);
                    break;
                case EscapeKey.Help:
                    StandardError.Write(EscapeParser.AttachedHelpText);
                    break;
                case EscapeKey.Detach:
                    SendFrame(ConsoleFrame.Data, data[..length]);
                    _detached = true;
                    return;
            }
        }
        SendFrame(ConsoleFrame.Data, data[..length]);
    }

    private void SendSize()
    {
        if (_terminal.Size is not (ushort columns, ushort rows))
            return;
        Span<byte> size = stackalloc byte[2 * sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(size, columns);
        BinaryPrimitives.WriteUInt16LittleEndian(size[sizeof(ushort)..], rows);
        SendFrame(ConsoleFrame.Resize, size);
    }

    private void SendFrame(byte kind, ReadOnlySpan<byte> content)
    {
        if (kind == ConsoleFrame.Data && content.IsEmpty)
            return;
        Span<byte> frame = stackalloc byte[ConsoleFrame.HeaderSize + content.Length];
        frame[0] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[1..], (ushort)content.Length);
        content.CopyTo(frame[ConsoleFrame.HeaderSize..]);
        // One send: frames of the window's size come from another thread.
        stream.TrySend(frame);
    }
}
