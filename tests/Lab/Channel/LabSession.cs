using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace Vmm.Lab.Channel;

/// <summary>A command running in the lab: write to it, expect things of it, wait for its end. Disposing ends it.</summary>
public sealed class LabSession : IAsyncDisposable
{
    /// <summary>How long <see cref="ExpectAsync(string, TimeSpan?)"/> waits when not told.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    private const int InputWindow = 256 * 1024, InputChunk = 32 * 1024;
    private readonly AgentConnection _connection;
    private readonly LabCommand _command;
    private readonly Transcript _transcript = new();
    private readonly MemoryStream _output = new(), _error = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1), _windowMoved = new(0);
    private int _window = InputWindow;
    private Task _reading = Task.CompletedTask;

    private LabSession(AgentConnection connection, LabCommand command) => (_connection, _command) = (connection, command);

    /// <summary>Its exit code (128 + signal when one killed it); fails when the lab itself ended.</summary>
    public Task<int> Exit => _exit.Task;

    /// <summary>Its process id, where it runs.</summary>
    public int ProcessId => _started.Task.Result;

    /// <summary>Everything it said so far, standard output and error as they came.</summary>
    public string Said => _transcript.ToString();

    internal static async Task<LabSession> StartAsync(AgentConnection connection, LabCommand command)
    {
        var session = new LabSession(connection, command);
        await connection.SendAsync(FrameType.Start, command.ToStartFrame());
        session._reading = session.ReadAsync();
        await session._started.Task;
        return session;
    }

    /// <summary>Writes text to its standard input or terminal.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes text and a line end, as Enter sends it.</summary>
    public Task WriteLineAsync(string text) => WriteAsync(text + (_command.Pty ? "\r" : "\n"));

    /// <summary>Writes bytes to its standard input or terminal; returns when all are on their way.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> data)
    {
        await _writing.WaitAsync();
        try
        {
            while (!data.IsEmpty && !_exit.Task.IsCompleted)
            {
                var run = Math.Min(Math.Min(data.Length, InputChunk), Volatile.Read(ref _window));
                if (run == 0)
                {
                    await _windowMoved.WaitAsync();
                    continue;
                }
                Interlocked.Add(ref _window, -run);
                await SendAsync(FrameType.Input, data[..run]);
                data = data[run..];
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Copies a stream to its standard input and ends that.</summary>
    public async Task WriteAsync(Stream source)
    {
        var buffer = new byte[InputChunk];
        for (int n; (n = await source.ReadAsync(buffer)) > 0 && !_exit.Task.IsCompleted;)
            await WriteAsync(buffer.AsMemory(0, n));
        await EndInputAsync();
    }

    /// <summary>Ends its standard input (a terminal has no end: write Ctrl-D).</summary>
    public Task EndInputAsync() => SendAsync(FrameType.InputEnd, default);

    /// <summary>Sends a signal to its process group.</summary>
    public Task SignalAsync(int signal) => SendAsync(FrameType.Signal, Numbers(signal));

    /// <summary>Tells its terminal that the window has changed.</summary>
    public Task ResizeAsync(int rows, int columns) => SendAsync(FrameType.Resize, Numbers(rows, columns));

    /// <summary>Waits until it has said <paramref name="literal"/>, and returns what it said up to there since the last find.</summary>
    public Task<string> ExpectAsync(string literal, TimeSpan? timeout = null) => _transcript.ExpectAsync(literal, timeout ?? DefaultTimeout);

    /// <summary>Waits until what it said matches, and returns what it said up to there since the last find.</summary>
    public Task<string> ExpectAsync(Regex pattern, TimeSpan? timeout = null) => _transcript.ExpectAsync(pattern, timeout ?? DefaultTimeout);

    /// <summary>Waits for its end.</summary>
    public async Task<LabResult> WaitAsync(TimeSpan? timeout = null)
    {
        try
        {
            var code = await _exit.Task.WaitAsync(timeout ?? DefaultTimeout);
            return new LabResult(_command.ToString(), code, _output.ToArray(), _error.ToArray());
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"'{_command}' did not end within {(timeout ?? DefaultTimeout).TotalSeconds} s; it said:\n{Said}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _connection.ReceiveAsync() is { } frame)
            {
                await HandleAsync(frame.Type, frame.Payload);
                if (_exit.Task.IsCompleted)
                    break;
            }
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The end of the session, told below.
        }
        var lost = new LabException($"the connection to '{_command}' was lost; {_connection.Hint}");
        _started.TrySetException(lost);
        if (_exit.TrySetException(lost))
            _ = _exit.Task.Exception;
        _transcript.End();
        _windowMoved.Release();
        await _connection.DisposeAsync();
    }

    private async ValueTask HandleAsync(FrameType type, ReadOnlyMemory<byte> payload)
    {
        switch (type)
        {
            case FrameType.Started:
                _started.TrySetResult(BinaryPrimitives.ReadInt32LittleEndian(payload.Span));
                break;
            case FrameType.Failed:
                var failure = new LabException(Encoding.UTF8.GetString(payload.Span));
                _started.TrySetException(failure);
                _exit.TrySetException(failure);
                _ = _exit.Task.Exception;
                break;
            case FrameType.Output or FrameType.Error when _command.Sink is { } sink:
                await sink(payload, type == FrameType.Error);
                break;
            case FrameType.Output or FrameType.Error:
                (type == FrameType.Error ? _error : _output).Write(payload.Span);
                _transcript.Append(payload.Span);
                break;
            case FrameType.InputTaken:
                Interlocked.Add(ref _window, BinaryPrimitives.ReadInt32LittleEndian(payload.Span));
                _windowMoved.Release();
                break;
            case FrameType.Exited:
                _exit.TrySetResult(BinaryPrimitives.ReadInt32LittleEndian(payload.Span));
                break;
            default:
                throw new IOException($"unknown frame {type}");
        }
    }

    /// <summary>A command that has ended takes nothing more, and that is no error.</summary>
    private async Task SendAsync(FrameType type, ReadOnlyMemory<byte> payload)
    {
        try
        {
            await _connection.SendAsync(type, payload);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            await _reading;
        }
    }

    private static byte[] Numbers(params int[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), values[i]);
        return bytes;
    }
}
