using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Net;

/// <summary>
/// Tells the switches of a network behind which port a card is now: frames of the device's own, which bear the card's address
/// and which nobody has to answer. The guest takes no part in it, and may be one that announces nothing itself.
/// </summary>
/// <param name="core">The device.</param>
/// <param name="backend">Where they go.</param>
/// <param name="card">Whose address it is.</param>
/// <param name="queue">The transmit queue on whose turns they go.</param>
/// <param name="clock">The time.</param>
internal sealed class PortAnnouncer(VirtioDeviceCore core, INetworkBackend backend, CardState card, int queue, TimeProvider clock)
{
    private const int HeaderSize = NetworkDevice.HeaderSize;

    /// <summary>
    /// When they go, from when the card came: the first may be lost on a link that is just coming up, and a switch that was
    /// slow gets another.
    /// </summary>
    private static readonly TimeSpan[] s_times = [.. ((int[])[0, 50, 200, 450, 800]).Select(ms => TimeSpan.FromMilliseconds(ms))];

    private readonly byte[] _frame = GC.AllocateArray<byte>(HeaderSize + ReverseArp.SmallestFrame, pinned: true);
    private long _began;
    private int _next = s_times.Length;

    /// <summary>Begins. With the lock held.</summary>
    public void Begin()
    {
        (_began, _next) = (clock.GetTimestamp(), 0);
        core.Post(queue);
    }

    /// <summary>Ends.</summary>
    public void Reset() => _next = s_times.Length;

    /// <summary>Sends what is due. On the event thread, with the lock held, before the queue is processed: its rate limiter may want to be woken earlier.</summary>
    public void Process()
    {
        if (_next == s_times.Length)
            return;
        if (s_times[_next] - clock.GetElapsedTime(_began) is TimeSpan wait && wait > TimeSpan.Zero)
        {
            core.ProcessAfter(queue, wait);
            return;
        }
        // One that finds no room is lost, as it may be on any network.
        if (++_next < s_times.Length)
            core.ProcessAfter(queue, s_times[_next] - clock.GetElapsedTime(_began));
        if (card.IsLinkUp)
            Send();
    }

    private void Send()
    {
        Write(_frame.AsSpan(HeaderSize), card.Filter.Own);
        ReadOnlySpan<HostSegment> segments =
        [
            new(Marshal.UnsafeAddrOfPinnedArrayElement(_frame, 0), HeaderSize),
            new(Marshal.UnsafeAddrOfPinnedArrayElement(_frame, HeaderSize), ReverseArp.SmallestFrame),
        ];
        // No chain is in flight, as it should be without the lock: a reset may complete meanwhile, and touches nothing of this.
        using (core.Unlock())
        {
            _ = backend.Send(0, segments);
            backend.Flush(0);
        }
    }

    /// <summary>Writes the frame: a question to all for the card's own address. RFC 903.</summary>
    private static void Write(Span<byte> frame, EthernetAddress own)
    {
        frame.Clear();
        EthernetAddress.Broadcast.Write(frame);
        own.Write(frame[EthernetAddress.Size..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(2 * EthernetAddress.Size)..], ReverseArp.EtherType);
        Span<byte> packet = frame[NetworkDevice.EthernetHeader..];
        BinaryPrimitives.WriteUInt16BigEndian(packet, ReverseArp.HardwareEthernet);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], ReverseArp.ProtocolIpv4);
        (packet[4], packet[5]) = (EthernetAddress.Size, ReverseArp.ProtocolLength);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], ReverseArp.RequestReverse);
        // Its own address twice; the protocol's, which nobody knows, are 0.
        own.Write(packet[ReverseArp.Addresses..]);
        own.Write(packet[(ReverseArp.Addresses + EthernetAddress.Size + ReverseArp.ProtocolLength)..]);
    }
}
