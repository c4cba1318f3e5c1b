namespace Vmm.Guest.Memory;

/// <summary>A guest-physical address, in bytes. A type of its own, so that it is never mixed up with a host pointer.</summary>
/// <param name="Value">The address as the guest's memory bus sees it.</param>
public readonly record struct GuestAddress(ulong Value)
{
    /// <summary>The first byte of guest-physical memory.</summary>
    public static readonly GuestAddress Zero;

    /// <summary>The address <paramref name="bytes"/> further on; false when that passes 2⁶⁴.</summary>
    public bool TryAdd(ulong bytes, out GuestAddress sum)
    {
        // Compared first: sum may be this very variable.
        bool fits = bytes <= ulong.MaxValue - Value;
        sum = new GuestAddress(unchecked(Value + bytes));
        return fits;
    }

    /// <summary>Adds a host-chosen distance. Throws on wrap: use <see cref="TryAdd"/> for numbers that come from the guest.</summary>
    public static GuestAddress operator +(GuestAddress address, ulong bytes) => new(checked(address.Value + bytes));

    /// <summary>Whether the address is a multiple of <paramref name="alignment"/>, a power of two in bytes.</summary>
    public bool IsAligned(ulong alignment) => (Value & (alignment - 1)) == 0;

    /// <inheritdoc/>
    public override string ToString() => $"0x{Value:x}";
}
