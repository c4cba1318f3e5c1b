namespace Vmm.Devices.Virtio.Vsock;

/// <summary>RSTs that wait for room in the guest's receive queue. Bounded: while it is full, nothing is taken from the guest, so that none is lost.</summary>
internal sealed class VsockReplies
{
    private readonly VsockReply[] _ring;
    private int _first;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">At least the size of the guest's queue, so that a guest can always send what it has to before it goes on receiving.</param>
    public VsockReplies(int capacity) => _ring = new VsockReply[capacity];

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no other fits.</summary>
    public bool IsFull => Count == _ring.Length;

    /// <summary>The one that waits longest.</summary>
    public ref readonly VsockReply First => ref _ring[_first];

    /// <summary>Adds one; there must be room.</summary>
    public void Add(in VsockReply reply)
    {
        if (IsFull)
            throw new InvalidOperationException("more replies than there is room for");
        _ring[(_first + Count++) % _ring.Length] = reply;
    }

    /// <summary>Takes the first one off.</summary>
    public void RemoveFirst()
    {
        _first = (_first + 1) % _ring.Length;
        Count--;
    }

    /// <summary>Forgets them all.</summary>
    public void Clear() => _first = Count = 0;
}
