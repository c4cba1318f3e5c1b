using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Control.Local;

/// <summary>Talks to a running VM's process.</summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>A VM that has not answered by then is stuck, or its host is.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_leastPatience = TimeSpan.FromMilliseconds(1);

    private readonly VmFolder _folder;
    private readonly ControlStream _stream;
    private readonly TimeSpan _patience;

    private ControlClient(VmFolder folder, ControlStream stream, TimeSpan patience) => (_folder, _stream, _patience) = (folder, stream, patience);

    /// <summary>The connection itself, for what comes after an answer.</summary>
    public ControlStream Stream => _stream;

    /// <summary>Connects to a VM.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="toDo">What for, for the error.</param>
    /// <exception cref="VmmException">It does not run, or does not listen.</exception>
    public static ControlClient Connect(VmFolder folder, string toDo)
    {
        if (TryConnect(folder) is { } client)
            return client;
        throw folder.IsAlive
            ? new VmmException($"cannot {toDo} '{folder.Name}': its process ({folder.ReadRecord().Pid}) is just starting or ending; try again")
            : new VmmException($"cannot {toDo} '{folder.Name}': it is not running; start it (vmm start {folder.Name})");
    }

    /// <summary>Connects to a VM, or null when it does not listen.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="patience">How long an answer may take; null for what is usual.</param>
    public static ControlClient? TryConnect(VmFolder folder, TimeSpan? patience = null)
    {
        try
        {
            TimeSpan limit = patience ?? s_patience;
            return folder.IsAlive && UnixSocket.TryConnect(folder.ControlSocket, limit) is { } socket ? new(folder, new ControlStream(socket), limit) : null;
        }
        catch (VmmException)
        {
            // The folder went at this moment.
            return null;
        }
    }

    /// <summary>Asks, and returns the answer.</summary>
    /// <exception cref="VmmException">The VM refused, or its process is gone.</exception>
    public ControlReply Ask(ControlVerb verb, string? name = null) => Ask(new ControlRequest { Verb = verb, Name = name });

    /// <summary>Asks for something that needs more than a name, and returns the answer.</summary>
    /// <exception cref="VmmException">The VM refused, or its process is gone.</exception>
    public ControlReply Ask(ControlRequest request) => Ask(request, passed: null);

    /// <summary>As <see cref="Ask(ControlRequest)"/>, for one that hands a descriptor over.</summary>
    /// <param name="request">What is asked; it says that a descriptor comes.</param>
    /// <param name="passed">It; it stays the caller's.</param>
    /// <exception cref="VmmException">The VM refused, or its process is gone.</exception>
    public ControlReply Ask(ControlRequest request, SafeFd? passed)
    {
        ControlReply? reply = null;
        long start = Environment.TickCount64;
        try
        {
            if (_stream.TrySend(request, ControlJson.Default.ControlRequest) && (passed is null || _stream.TrySendDescriptor(passed)))
                reply = _stream.Receive(ControlJson.Default.ControlReply);
        }
        catch (FormatException wrong)
        {
            throw new VmmException($"the process of '{_folder.Name}' gave an answer that this vmm does not know; it may be of another version ({wrong.Message})", cause: wrong);
        }
        if (reply is null)
            throw new VmmException(Silence(TimeSpan.FromMilliseconds(Environment.TickCount64 - start)));
        return reply.Error is { } error ? throw new VmmException(error, reply.ExitCode ?? ExitCodes.StartFailed) : reply;
    }

    /// <summary>Waits until the VM's process is about to end.</summary>
    /// <param name="patience">How long at most.</param>
    /// <param name="exitCode">What it exits with; null when it did not say.</param>
    /// <returns>Whether it is.</returns>
    public bool WaitForEnd(TimeSpan patience, out int? exitCode)
    {
        Ask(ControlVerb.Wait);
        // No time at all would be no limit.
        UnixSocket.SetTimeouts(_stream.Socket, patience == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : patience < s_leastPatience ? s_leastPatience : patience);
        long start = Environment.TickCount64;
        // The last words; or none, when the process is killed or our patience ends.
        exitCode = _stream.Receive(ControlJson.Default.ControlReply)?.ExitCode;
        return exitCode is not null || patience == Timeout.InfiniteTimeSpan || Environment.TickCount64 - start < patience.TotalMilliseconds || !_folder.IsAlive;
    }

    /// <summary>Waits until the VM's process is gone: then its name, its disks and its taps are free.</summary>
    /// <param name="patience">How long at most until it is about to end.</param>
    /// <returns>Whether it is, as far as can be told.</returns>
    /// <exception cref="VmmException">It ended, or hung up, before it was asked.</exception>
    public bool WaitUntilGone(TimeSpan patience)
    {
        if (!WaitForEnd(patience, out _))
            return false;
        _folder.AwaitEnd();
        return true;
    }

    /// <summary>Waits until a VM's process is gone that is known to end.</summary>
    /// <param name="patience">How long at most until it says so.</param>
    public void AwaitGone(TimeSpan patience)
    {
        try
        {
            WaitForEnd(patience, out _);
        }
        catch (VmmException)
        {
            // It was quicker.
        }
        _folder.AwaitEnd();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private string Silence(TimeSpan waited)
    {
        // A connection that ends before our patience does is one whose process ends; its lock goes a moment later.
        if (waited < _patience)
            _folder.AwaitEndAfterHangUp();
        if (!_folder.IsAlive)
            return $"the process of '{_folder.Name}' ended before it answered";
        int? pid = _folder.ReadRecord().Pid;
        if (waited < _patience)
            return $"the process of '{_folder.Name}' ({pid}) closed the connection before it answered; try again";
        return $"the process of '{_folder.Name}' ({pid}) did not answer within {_patience.TotalSeconds:0.#} s: it may be stopped (kill -CONT {pid}), or stuck (vmm kill {_folder.Name} ends it)";
    }
}
