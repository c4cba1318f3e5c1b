using System.Runtime.InteropServices;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Harness;

/// <summary>Guest RAM in plain memory, every region between two guards whose bytes must never change.</summary>
public sealed unsafe class TestRam : IDisposable
{
    private const int GuardSize = 4096;
    private const byte GuardByte = 0xA5;

    private readonly byte* _buffer;
    private readonly List<nint> _guards = [];

    public TestRam(params ReadOnlySpan<(ulong Start, ulong Size)> regions)
    {
        ulong total = GuardSize;
        foreach ((_, ulong size) in regions)
            total += size + GuardSize;
        // Pages of the guest are pages of the host, as in a real machine.
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)total, GuardSize);
        new Span<byte>(_buffer, checked((int)total)).Clear();
        byte* at = AddGuard(_buffer);
        var made = new List<MemoryRegion>();
        foreach ((ulong start, ulong size) in regions)
        {
            made.Add(new MemoryRegion(new GuestAddress(start), size, (nint)at));
            at = AddGuard(at + size);
        }
        Memory = new GuestMemory(made.ToArray());
    }

    public GuestMemory Memory { get; }

    public bool GuardsAreIntact
    {
        get
        {
            foreach (nint guard in _guards)
            {
                if (new ReadOnlySpan<byte>((void*)guard, GuardSize).ContainsAnyExcept(GuardByte))
                    return false;
            }
            return true;
        }
    }

    public Span<byte> Bytes(ulong address, int length)
    {
        if (!Memory.TryGetWritePointer(new GuestAddress(address), (ulong)length, out nint host))
            throw new ArgumentException($"0x{address:x} is not RAM", nameof(address));
        return new Span<byte>((void*)host, length);
    }

    public void Write<T>(ulong address, T value) where T : unmanaged => MemoryMarshal.Write(Bytes(address, sizeof(T)), in value);

    public T Read<T>(ulong address) where T : unmanaged => MemoryMarshal.Read<T>(Bytes(address, sizeof(T)));

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private byte* AddGuard(byte* at)
    {
        new Span<byte>(at, GuardSize).Fill(GuardByte);
        _guards.Add((nint)at);
        return at + GuardSize;
    }
}
