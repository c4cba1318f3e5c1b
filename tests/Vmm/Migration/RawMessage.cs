using System.Buffers.Binary;
using System.Net.Sockets;
using Vmm.Migration.Protocol;

namespace Vmm.Tests.Vmm.Migration;

/// <summary>Messages of a migration as bytes, for who stands between its two sides.</summary>
internal static class RawMessage
{
    /// <summary>Reads one, its header and what it carries; null when the other side has ended.</summary>
    public static byte[]? Read(Socket from)
    {
        byte[] header = new byte[FrameHeader.Size];
        if (!Fill(from, header))
            return null;
        byte[] payload = new byte[BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12))];
        return Fill(from, payload) ? [.. header, .. payload] : null;
    }

    private static bool Fill(Socket from, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int got = from.Receive(bytes);
            if (got == 0)
                return false;
            bytes = bytes[got..];
        }
        return true;
    }
}
