namespace Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Who may send how much, both ways. Virtio 1.2, 5.10.6.3: each side tells how much it can hold (buf_alloc) and how much
/// of what it got it has passed on (fwd_cnt); the difference bounds the other. All counts are modulo 2³².
/// </summary>
/// <param name="window">What may be held for the host of this connection; it stays the same, for drivers do not expect less than they were told.</param>
internal struct VsockCredit(uint window)
{
    /// <summary>A guest that claims to hold more is believed this much: more could not be told from a count that went back.</summary>
    private const uint LargestGuestWindow = 1 << 30;

    private uint _received;
    private uint _forwarded;
    private uint _told;
    private uint _sent;
    private uint _guestForwarded;
    private uint _guestWindow;

    /// <summary>What may be held for the host.</summary>
    public readonly uint Window => window;

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
    public readonly uint ForHost => window - (_received - _forwarded);

    /// <summary>Whether what was passed on is worth a packet of its own. The guest can go on with the rest of its credit meanwhile.</summary>
    public readonly bool NeedsUpdate => _forwarded - _told >= window / 4;

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
