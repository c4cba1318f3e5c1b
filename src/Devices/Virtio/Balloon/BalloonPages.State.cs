using System.Numerics;
using System.Runtime.InteropServices;
using Vmm.Devices.State;

namespace Vmm.Devices.Virtio.Balloon;

/// <content>Saving and restoring: the bits as they are, as every host is little-endian.</content>
internal sealed partial class BalloonPages
{
    private int Words => (int)((_total + WordBits - 1) / WordBits);

    /// <summary>A bit for each page of RAM; empty when none is in.</summary>
    public byte[] Save() => Count == 0 ? [] : [.. MemoryMarshal.AsBytes(_bits.AsSpan())];

    /// <summary>Whether saved bits are those of as many pages.</summary>
    /// <exception cref="StateException">They are not.</exception>
    public void Check(string section, byte[] saved)
    {
        int length = Words * sizeof(ulong);
        StateJson.Require(saved.Length == 0 || saved.Length == length, section, $"pages has {saved.Length} bytes, and {_total} pages here need {length}");
        if (saved.Length == 0 || _total % WordBits == 0)
            return;
        ulong last = MemoryMarshal.Cast<byte, ulong>(saved)[^1];
        StateJson.Require(last >> (int)(_total % WordBits) == 0, section, $"pages has some beyond the {_total} that there are");
    }

    /// <summary>Takes over what was checked.</summary>
    public void Restore(byte[] saved)
    {
        Clear();
        if (saved.Length == 0)
            return;
        _bits = MemoryMarshal.Cast<byte, ulong>(saved).ToArray();
        foreach (ulong word in _bits)
            Count += BitOperations.PopCount(word);
    }
}
