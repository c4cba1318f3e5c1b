using Vmm.Migration.Protocol;

namespace Vmm.Migration.Receiving;

/// <summary>
/// Which round the connections for memory are in. A round is over when all of them have said so, and only then may one
/// begin the next: else an older content of a page could come after a newer one.
/// </summary>
/// <param name="connections">How many.</param>
/// <param name="memory">RAM in bytes.</param>
/// <param name="over">Called when a round is over, before the next may begin.</param>
internal sealed class RoundBook(int connections, ulong memory, Action<uint> over)
{
    private readonly Lock _lock = new();
    private readonly PageLedger _ledger = new(memory);
    private readonly bool[] _ended = new bool[connections];
    private uint _round;
    private int _open = connections;
    private bool _any;
    private bool _closed;

    /// <summary>Rounds that are over.</summary>
    public uint Done
    {
        get
        {
            lock (_lock)
                return _round;
        }
    }

    /// <summary>Whether no round has begun to end, or pages of one came: the state may come then.</summary>
    public bool IsBetweenRounds
    {
        get
        {
            lock (_lock)
                return _open == _ended.Length && !_any;
        }
    }

    /// <summary>The state has come: no more rounds follow, and what comes all the same is an error.</summary>
    /// <returns>False within a round: it may not come then.</returns>
    public bool TryClose()
    {
        lock (_lock)
        {
            _closed = IsBetweenRounds;
            return _closed;
        }
    }

    /// <summary>Enters pages that came.</summary>
    /// <exception cref="ProtocolException">They belong to another round, or came before.</exception>
    public void Enter(int connection, uint round, ReadOnlySpan<PageRun> runs)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            if (round != _round || _ended[connection])
                throw new ProtocolException($"pages of round {round} came in round {_round}, {(_ended[connection] ? "which is over on that connection" : "on a connection that is in that one")}");
            _any = true;
        }
        foreach (ref readonly PageRun run in runs)
            _ledger.Enter(run);
    }

    /// <summary>Enters pages that were asked for, which come beside a round's.</summary>
    /// <exception cref="ProtocolException">They belong to another round, or came before.</exception>
    public void EnterAsked(uint round, ReadOnlySpan<PageRun> runs)
    {
        if (round != Done)
            throw new ProtocolException($"pages of round {round} that were asked for came in round {Done}");
        foreach (ref readonly PageRun run in runs)
            _ledger.Enter(run);
    }

    /// <summary>A connection has no more pages of a round.</summary>
    /// <exception cref="ProtocolException">It is in another.</exception>
    public void End(int connection, uint round)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            if (connection >= _ended.Length)
                throw new ProtocolException("a round ended on the connection for pages that are waited for, which has none");
            if (round != _round || _ended[connection])
                throw new ProtocolException($"the end of round {round} came in round {_round}");
            _ended[connection] = true;
            if (--_open > 0)
                return;
            _open = _ended.Length;
            _any = false;
            Array.Clear(_ended);
            _ledger.Clear();
            // Within the lock: the other side begins the next round when it hears of this.
            _round++;
            over(round);
        }
    }

    private void ThrowIfClosed()
    {
        if (_closed)
            throw new ProtocolException("a round of memory came after the state");
    }
}
