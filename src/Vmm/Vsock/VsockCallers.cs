using Vmm.Host;

namespace Vmm.Vsock;

/// <summary>
/// Programs that have connected and not yet said whom they want: so many at most, and each for so long. Who comes when
/// there are that many takes the place of the one that has waited longest.
/// </summary>
/// <remarks>Used with the device's lock held. Programs say it at once, and are never in here: who waits is a person, or means no good.</remarks>
internal sealed class VsockCallers
{
    /// <summary>How many may wait.</summary>
    public const int Most = 256;

    /// <summary>How long each has for its line, however it comes: enough to type it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly LinkedList<Caller> _waiting = new();
    private readonly Dictionary<VsockSocket, LinkedListNode<Caller>> _bySocket = [];
    private readonly TimeProvider _clock;
    private readonly LoopTimers.Timer _timer;

    /// <summary>Makes a list of none.</summary>
    /// <param name="clock">What the time is.</param>
    /// <param name="timer">Calls <see cref="CloseLate"/>.</param>
    public VsockCallers(TimeProvider clock, LoopTimers.Timer timer) => (_clock, _timer) = (clock, timer);

    /// <summary>Adds one; the one that has waited longest is closed when there are too many.</summary>
    public void Add(VsockSocket socket)
    {
        if (_waiting.Count == Most)
            _waiting.First!.Value.Socket.Close();
        if (_waiting.Count == 0)
            _timer.Set(Patience);
        _bySocket.Add(socket, _waiting.AddLast(new Caller(socket, _clock.GetTimestamp())));
    }

    /// <summary>One is closed, or has said whom it wants.</summary>
    public void Remove(VsockSocket socket)
    {
        if (_bySocket.Remove(socket, out LinkedListNode<Caller>? node))
            _waiting.Remove(node);
    }

    /// <summary>Closes those that have waited too long.</summary>
    public void CloseLate()
    {
        while (_waiting.First is { } first)
        {
            TimeSpan left = Patience - _clock.GetElapsedTime(first.Value.Since);
            if (left > TimeSpan.Zero)
            {
                _timer.Set(left);
                return;
            }
            first.Value.Socket.Close();
        }
    }

    private readonly record struct Caller(VsockSocket Socket, long Since);
}
