using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>A piece of guest RAM that has a purpose at power-on.</summary>
/// <param name="Name">What it holds, such as <c>segment 0</c> or <c>initrd</c>.</param>
/// <param name="Start">First byte.</param>
/// <param name="Size">Length in bytes.</param>
public readonly record struct LoadedRange(string Name, GuestAddress Start, ulong Size)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} at 0x{Start.Value:x}–0x{Start.Value + Size - 1:x}";
}
