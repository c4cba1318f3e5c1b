using System.Runtime.InteropServices;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Guest.Images;

/// <summary>Guest RAM for a test. Untouched pages cost nothing: the C library maps large zeroed blocks lazily.</summary>
internal sealed unsafe class TestRam : IDisposable
{
    private readonly List<nint> _blocks = [];

    private TestRam(params (ulong Start, ulong Size)[] regions)
    {
        var list = new MemoryRegion[regions.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            nint block = (nint)NativeMemory.AllocZeroed((nuint)regions[i].Size);
            _blocks.Add(block);
            list[i] = new MemoryRegion(new GuestAddress(regions[i].Start), regions[i].Size, block);
        }
        Memory = new GuestMemory(list);
    }

    public GuestMemory Memory { get; }

    public static TestRam Of(ulong size)
    {
        (ulong low, ulong high) = MemoryLayout.Split(size);
        return high == 0 ? new TestRam((0, low)) : new TestRam((0, low), (MemoryLayout.HighRamStart, high));
    }

    public static TestRam OfMiB(ulong mebibytes) => Of(mebibytes << 20);

    public byte[] Bytes(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(Memory.TryRead(new GuestAddress(address), bytes));
        return bytes;
    }

    public T Read<T>(ulong address) where T : unmanaged
    {
        Assert.True(Memory.TryRead(new GuestAddress(address), out T value));
        return value;
    }

    public string Text(ulong address)
    {
        byte[] bytes = Bytes(address, 256);
        return System.Text.Encoding.UTF8.GetString(bytes, 0, Array.IndexOf(bytes, (byte)0));
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
            NativeMemory.Free((void*)block);
    }
}
