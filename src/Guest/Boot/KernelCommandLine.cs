using System.Text;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>A string for the kernel: UTF-8, NUL-terminated, of a length the kernel can hold.</summary>
internal readonly struct KernelCommandLine
{
    /// <summary>What Linux holds on x86 when no setup header says otherwise: COMMAND_LINE_SIZE (2048) without the NUL.</summary>
    public const int LinuxLimit = 2047;

    /// <summary>Our own limit, for protocols that set none.</summary>
    public const int GeneralLimit = 65535;

    private readonly byte[] _bytes;

    private KernelCommandLine(byte[] bytes) => _bytes = bytes;

    /// <summary>Length in memory, with the NUL.</summary>
    public ulong Size => (ulong)_bytes.Length;

    /// <summary>Checks and encodes a string.</summary>
    /// <param name="text">The string.</param>
    /// <param name="limit">The most bytes it may have, without the NUL.</param>
    /// <param name="what">What messages call it.</param>
    /// <exception cref="BootException">It is too long or has a NUL inside.</exception>
    public static KernelCommandLine Parse(string text, int limit, string what = "command line")
    {
        int nul = text.IndexOf('\0');
        if (nul >= 0)
            throw new BootException(what, $"has a NUL at character {nul}; the kernel would stop reading there");
        int length = Encoding.UTF8.GetByteCount(text);
        if (length > limit)
            throw new BootException(what, $"{length} bytes long; this kernel takes at most {limit}");
        byte[] bytes = new byte[length + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return new KernelCommandLine(bytes);
    }

    /// <summary>Writes the string with its NUL to a place that was claimed for it.</summary>
    public void Write(GuestMemory memory, GuestAddress address)
    {
        if (!memory.TryWrite(address, _bytes))
            throw new ArgumentOutOfRangeException(nameof(address), $"no RAM for a string at {address}");
    }
}
