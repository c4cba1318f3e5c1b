using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>
/// One claimed run of low memory that is dealt out front to back: the structures of a protocol share as few pages as
/// possible, because every page touched is start-up time and resident memory.
/// </summary>
internal sealed class BootBlock
{
    private readonly GuestMemory _memory;
    private readonly ulong _end;
    private ulong _next;

    /// <summary>Claims the lowest free run.</summary>
    public BootBlock(LoadMap map, string image, string name, ulong size)
    {
        _memory = map.Memory;
        _next = map.PlaceLow(image, name, size).Value;
        _end = _next + size;
    }

    /// <summary>The RAM the block lies in.</summary>
    public GuestMemory Memory => _memory;

    /// <summary>Deals out the next bytes.</summary>
    public GuestAddress Take(ulong size, ulong alignment = 8)
    {
        ulong start = (_next + (alignment - 1)) & ~(alignment - 1);
        if (start > _end || size > _end - start)
            throw new InvalidOperationException("a boot block was sized too small");
        _next = start + size;
        return new GuestAddress(start);
    }

    /// <summary>Deals out room for a structure and writes it there.</summary>
    public GuestAddress Put<T>(in T value) where T : unmanaged
    {
        GuestAddress address = Take((ulong)System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        Write(address, value);
        return address;
    }

    /// <summary>Deals out room for a string and writes it there.</summary>
    public GuestAddress Put(KernelCommandLine text)
    {
        GuestAddress address = Take(text.Size, 1);
        text.Write(_memory, address);
        return address;
    }

    /// <summary>Writes a structure to a place dealt out before.</summary>
    public void Write<T>(GuestAddress address, in T value) where T : unmanaged
    {
        if (!_memory.TryWrite(address, value))
            throw new InvalidOperationException($"claimed memory at {address} is not RAM");
    }
}
