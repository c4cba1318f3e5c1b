namespace Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Connections that may have something for the guest, each once, in the order in which they will be served: who sent a
/// packet goes to the end, so that of thousands none waits for more than one packet of each other.
/// </summary>
internal sealed class VsockReadyList
{
    private VsockConnection? _last;

    /// <summary>Whose turn it is; null when nobody has anything.</summary>
    public VsockConnection? First { get; private set; }

    /// <summary>Adds a connection, unless it is there.</summary>
    public void Add(VsockConnection connection)
    {
        if (connection.IsReady)
            return;
        connection.IsReady = true;
        if (_last is null)
            First = connection;
        else
            _last.NextReady = connection;
        _last = connection;
    }

    /// <summary>Takes the first one off.</summary>
    public void RemoveFirst()
    {
        VsockConnection connection = First!;
        First = connection.NextReady;
        if (First is null)
            _last = null;
        connection.NextReady = null;
        connection.IsReady = false;
    }

    /// <summary>The first one had its turn.</summary>
    public void Rotate()
    {
        VsockConnection connection = First!;
        RemoveFirst();
        Add(connection);
    }

    /// <summary>Forgets them all.</summary>
    public void Clear()
    {
        while (First is not null)
            RemoveFirst();
    }
}
