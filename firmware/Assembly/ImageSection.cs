namespace Vmm.Firmware.Assembly;

/// <summary>One finished piece of a guest: bytes, where they are loaded, and where they run.</summary>
/// <param name="Name">A short name for listings.</param>
/// <param name="Kind">Code of some width, or data.</param>
/// <param name="LoadAddress">Where the loader puts the bytes.</param>
/// <param name="RunAddress">Where the guest uses them; differs from the load address for real-mode code only.</param>
/// <param name="Bytes">The content.</param>
/// <param name="Marks">Labels and remarks, by rising address.</param>
public sealed record ImageSection(
    string Name,
    SectionKind Kind,
    ulong LoadAddress,
    ulong RunAddress,
    ReadOnlyMemory<byte> Bytes,
    IReadOnlyList<ImageMark> Marks);
