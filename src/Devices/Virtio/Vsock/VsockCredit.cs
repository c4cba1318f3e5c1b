namespace Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Who may send how much, both ways. Virtio 1.2, 5.10.6.3: each side tells how much it can hold (buf_alloc) and how much
/// of what it got it has passed on (fwd_cnt); the difference bounds the other. All counts are modulo 2³².
/// </summary>
internal struct VsockCredit
{
    /// <summary>What is held for the host of one connection, at most. As much as Linux holds for a socket of its own.</summary>
    public const uint Window = 256 << 10;

    /// <summary>A guest that claims to hold more is believed this much: more could not be told from a count that went back.</summary>
    private const uint LargestGuestWindow = 1 << 30;

    /// <summary>How much must have been passed on before it is worth a packet of its own. The guest can go on with the rest meanwhile.</summary>
    private const uint UpdateStep = Window / 4;

    private uint _received;
    private uint _forwarded;
    private uint _told;
    private uint _sent;
    private uint _guestForwarded;
    private uint _guestWindow;

    /// <summary>How much the guest can take now.</summary>
    public readonly uint ForGuest
    {
        get
        {
            uint held = _sent - _guestForwarded;
            return held < _guestWindow ? _guestWindow - held : 0;
        }
    }

    /// <summary>How much the guest may still send.</summary>
    public readonly uint ForHost => Window - (_received - _forwarded);

    /// <summary>Whether the guest should be told what was passed on.</summary>
    public readonly bool NeedsUpdate => _forwarded - _told >= UpdateStep;

    /// <summary>Takes what a packet of the guest tells.</summary>
    /// <returns>False when it claims to have passed on what it was never sent.</returns>
    public bool TryUpdate(uint bufferAllocation, uint forwardCount)
    {
        uint ahead = forwardCount - _guestForwarded;
        // Behind is no fault: a guest's threads may overtake each other between counting and sending, and Linux's do.
        if ((int)ahead >= 0)
        {
            if (ahead > _sent - _guestForwarded)
                return false;
            _guestForwarded = forwardCount;
        }
        _guestWindow = Math.Min(bufferAllocation, LargestGuestWindow);
        return true;
    }

    /// <summary>The guest sends data. False when that is more than it may.</summary>
    public bool TryReceive(uint length)
    {
        if (length > ForHost)
            return false;
        _received += length;
        return true;
    }

    /// <summary>The host took, or will never take, some of what was received.</summary>
    public void Forward(uint length) => _forwarded += length;

    /// <summary>Data goes to the guest, at most <see cref="ForGuest"/>.</summary>
    public void Send(uint length) => _sent += length;

    /// <summary>The fwd_cnt of a packet that goes out now.</summary>
    public uint Tell() => _told = _forwarded;
}
