using System.Buffers.Binary;
using Vmm.Devices.Backends;
using static Vmm.Devices.Virtio.Spec.NetworkDevice;

namespace Vmm.Devices.Virtio.Net;

/// <summary>The header before every frame, and its rules. It is always a copy: what was checked is what is used.</summary>
internal static class FrameHeader
{
    /// <summary>
    /// Checks the header of a frame that the driver sends, and takes out of it what the device has to ignore (5.1.6.2.2):
    /// unknown flags, fields without a meaning, and a hdr_len that is only a hint.
    /// </summary>
    /// <param name="header">The copy.</param>
    /// <param name="length">Bytes of the frame behind it.</param>
    /// <param name="allowed">What the driver may leave undone.</param>
    /// <param name="largest">The largest frame that goes out in one piece.</param>
    /// <returns>Whether the frame can be sent.</returns>
    public static bool CheckSent(Span<byte> header, ulong length, NetworkOffloads allowed, int largest)
    {
        if (length < EthernetHeader || length > LargestFrame)
            return false;
        BinaryPrimitives.WriteUInt16LittleEndian(header[HeaderBuffers..], 0);
        header[HeaderFlags] &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
        if (header[HeaderFlags] != 0 && !CheckChecksum(header, length, allowed))
            return false;
        if (header[HeaderGsoType] == VIRTIO_NET_HDR_GSO_NONE)
        {
            header[HeaderLength..HeaderChecksumStart].Clear();
            if (header[HeaderFlags] == 0)
                header.Clear();
            return length <= (ulong)largest;
        }
        // 5.1.6.2.1: what is cut up needs its checksums filled in, so this is how every driver sends it.
        if (header[HeaderFlags] == 0 || !IsAllowed(header[HeaderGsoType], allowed) || BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderGsoSize..]) == 0)
            return false;
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderLength..]) > length)
            BinaryPrimitives.WriteUInt16LittleEndian(header[HeaderLength..], (ushort)Math.Min(length, ushort.MaxValue));
        return true;
    }

    /// <summary>Checks the header that came with a frame for the driver, which may have changed its mind since the host made it.</summary>
    /// <param name="header">As the back end gave it; what has no meaning for this driver is cleared.</param>
    /// <param name="accepted">What the driver takes.</param>
    /// <returns>Whether the driver can use the frame.</returns>
    public static bool CheckReceived(Span<byte> header, NetworkOffloads accepted)
    {
        byte type = header[HeaderGsoType];
        if (type != VIRTIO_NET_HDR_GSO_NONE && !IsAllowed(type, accepted))
            return false;
        if ((accepted & NetworkOffloads.Checksum) != 0)
        {
            header[HeaderFlags] &= VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID;
            return true;
        }
        // 5.1.6.4.1: without GUEST_CSUM flags are zero, and the frame is complete.
        bool complete = (header[HeaderFlags] & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0;
        header.Clear();
        return complete;
    }

    private static bool CheckChecksum(ReadOnlySpan<byte> header, ulong length, NetworkOffloads allowed)
    {
        const int checksumSize = 2;
        ulong start = BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderChecksumStart..]);
        ulong offset = BinaryPrimitives.ReadUInt16LittleEndian(header[HeaderChecksumOffset..]);
        return (allowed & NetworkOffloads.Checksum) != 0
            && start >= EthernetHeader
            && start <= length
            && offset <= length - start
            && checksumSize <= length - start - offset;
    }

    private static bool IsAllowed(byte type, NetworkOffloads allowed)
    {
        bool ecn = (type & VIRTIO_NET_HDR_GSO_ECN) != 0;
        NetworkOffloads needed = (type & ~VIRTIO_NET_HDR_GSO_ECN) switch
        {
            VIRTIO_NET_HDR_GSO_TCPV4 => NetworkOffloads.Tso4,
            VIRTIO_NET_HDR_GSO_TCPV6 => NetworkOffloads.Tso6,
            VIRTIO_NET_HDR_GSO_UDP_L4 when !ecn => NetworkOffloads.Uso,
            _ => 0,
        };
        if (needed == 0)
            return false;
        needed |= NetworkOffloads.Checksum | (ecn ? NetworkOffloads.Ecn : 0);
        return (allowed & needed) == needed;
    }
}
