namespace Vmm.Guest.Boot;

/// <summary>A file that is handed to the kernel in memory, with its argument string.</summary>
/// <param name="Source">The bytes.</param>
/// <param name="Arguments">What the kernel is told about it; may be empty.</param>
public readonly record struct BootModule(IImageSource Source, string Arguments);
