namespace Vmm.Gdb.Protocol;

/// <summary>
/// Finds packets in what a debugger sends: <c>$data#checksum</c>, with acknowledgements and Ctrl-C between them ("Debugging
/// with GDB", Remote Protocol, Overview). Takes a byte at a time, and keeps at most one packet.
/// </summary>
/// <param name="limit">The longest data that is kept, in bytes, escapes undone.</param>
internal sealed class PacketReader(int limit)
{
    private enum Place
    {
        Between,
        Data,
        Escaped,
        FirstDigit,
        SecondDigit,
    }

    private readonly byte[] _data = new byte[limit];
    private Place _place;
    private int _length;
    private bool _tooLong;
    private byte _sum;
    private int _told;

    /// <summary>The data of the packet that <see cref="Take"/> told of last; until it is called again.</summary>
    public ReadOnlySpan<byte> Packet => _data.AsSpan(0, _length);

    /// <summary>Takes the next byte.</summary>
    public PacketEvent Take(byte next)
    {
        switch (_place)
        {
            case Place.Between:
                return TakeBetween(next);
            case Place.Data when next == Framing.Start:
                // The rest of the one before was lost on the way.
                return Begin();
            case Place.Data when next == Framing.End:
                _place = Place.FirstDigit;
                return PacketEvent.None;
            case Place.Data when next == Framing.Escape:
                _sum += next;
                _place = Place.Escaped;
                return PacketEvent.None;
            case Place.Data:
                Add(next, next);
                return PacketEvent.None;
            case Place.Escaped:
                Add(next, (byte)(next ^ Framing.EscapeFlip));
                _place = Place.Data;
                return PacketEvent.None;
            case Place.FirstDigit:
                _told = HexText.Digit(next);
                _place = Place.SecondDigit;
                return PacketEvent.None;
            default:
                _place = Place.Between;
                int digit = HexText.Digit(next);
                if (_told < 0 || digit < 0 || (_told << 4 | digit) != _sum)
                    return PacketEvent.Corrupt;
                return _tooLong ? PacketEvent.TooLong : PacketEvent.Packet;
        }
    }

    private PacketEvent TakeBetween(byte next) => next switch
    {
        Framing.Start => Begin(),
        Framing.Acknowledge => PacketEvent.Acknowledged,
        Framing.Refuse => PacketEvent.Refused,
        Framing.Interrupt => PacketEvent.Interrupt,
        _ => PacketEvent.None,
    };

    private PacketEvent Begin()
    {
        _place = Place.Data;
        (_length, _sum, _tooLong) = (0, 0, false);
        return PacketEvent.None;
    }

    private void Add(byte sent, byte meant)
    {
        _sum += sent;
        if (_length == _data.Length)
            _tooLong = true;
        else
            _data[_length++] = meant;
    }
}
