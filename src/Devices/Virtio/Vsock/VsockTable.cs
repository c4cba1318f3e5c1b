using Vmm.Devices.Backends;

namespace Vmm.Devices.Virtio.Vsock;

/// <summary>All connections of a device, and what they share. Used with the device's lock held.</summary>
/// <param name="counters">What is counted.</param>
internal sealed class VsockTable(VsockCounters counters)
{
    /// <summary>The first port of the host's that connections which the host opens get; no program listens up there.</summary>
    private const uint FirstHostPort = 0x4000_0000;
    private const uint LastHostPort = 0x7fff_ffff;

    private readonly Dictionary<VsockKey, VsockConnection> _byKey = [];
    private readonly HashSet<VsockConnection> _draining = [];
    private uint _lastHostPort = LastHostPort;

    /// <summary>What is counted.</summary>
    public VsockCounters Counters { get; } = counters;

    /// <summary>The port of the host's that was given last.</summary>
    public uint LastGivenPort
    {
        get => _lastHostPort;
        set => _lastHostPort = value;
    }

    /// <summary>Who may have something for the guest.</summary>
    public VsockReadyList Ready { get; } = new();

    /// <summary>How much may be held for each.</summary>
    public VsockWindows Windows { get; } = new();

    /// <summary>Memory for what hosts do not take at once.</summary>
    public VsockChunkPool Chunks { get; } = new();

    /// <summary>Room to list the segments of what is read or written.</summary>
    public HostSegment[] Segments { get; } = new HostSegment[VirtioVsock.MostSegments];

    /// <summary>Whether there is no room for another connection. One whose socket only drains counts, too.</summary>
    public bool IsFull => _byKey.Count + _draining.Count >= VirtioVsock.MaxConnections;

    /// <summary>Whether a port is one of those that are given.</summary>
    public static bool IsGiven(uint port) => port is >= FirstHostPort and <= LastHostPort;

    /// <summary>The connection between two ports.</summary>
    public VsockConnection? Find(in VsockKey key) => _byKey.GetValueOrDefault(key);

    /// <summary>A port of the host's that has no connection to that port of the guest's.</summary>
    public VsockKey NewKey(uint guestPort)
    {
        VsockKey key;
        do
        {
            _lastHostPort = _lastHostPort == LastHostPort ? FirstHostPort : _lastHostPort + 1;
            key = new VsockKey(_lastHostPort, guestPort);
        }
        while (_byKey.ContainsKey(key));
        return key;
    }

    /// <summary>Adds a connection; its ports must be free.</summary>
    public void Add(VsockConnection connection)
    {
        _byKey.Add(connection.Key, connection);
        Recount();
    }

    /// <summary>The guest knows nothing of a connection any more.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="drains">Whether its socket still takes what the guest sent.</param>
    public void Remove(VsockConnection connection, bool drains)
    {
        _byKey.Remove(connection.Key);
        if (drains)
            _draining.Add(connection);
        else
            Windows.GiveBack(connection.Window);
        Recount();
    }

    /// <summary>A socket took the last of what the guest had sent, or is closed.</summary>
    public void Drained(VsockConnection connection)
    {
        if (!_draining.Remove(connection))
            return;
        Windows.GiveBack(connection.Window);
        Recount();
    }

    /// <summary>Closes all connections without a word to the guest.</summary>
    public void Clear()
    {
        Ready.Clear();
        foreach (VsockConnection connection in _byKey.Values)
            connection.Drop();
        foreach (VsockConnection connection in _draining)
            connection.Drop();
        _byKey.Clear();
        _draining.Clear();
        Windows.GiveAllBack();
        Recount();
    }

    private void Recount() => Counters.Connections = _byKey.Count + _draining.Count;
}
