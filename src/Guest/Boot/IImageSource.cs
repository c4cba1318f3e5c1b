namespace Vmm.Guest.Boot;

/// <summary>
/// Something a guest is started from: a kernel, an initrd, a module. Usually a file, but nothing here knows that. Large
/// parts are read straight into guest RAM, so an implementation should hand the span to the operating system as it is.
/// </summary>
public interface IImageSource
{
    /// <summary>What error messages call it, such as <c>vmlinux</c>.</summary>
    string Name { get; }

    /// <summary>Length in bytes when it was opened. It may have shrunk since: a short <see cref="Read"/> tells.</summary>
    ulong Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/>.</summary>
    /// <returns>How many bytes were read. Less than asked for only at the end; 0 at or past the end.</returns>
    int Read(ulong offset, Span<byte> destination);
}
