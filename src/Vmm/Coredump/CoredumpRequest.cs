namespace Vmm.Coredump;

/// <summary>Where a core file is to be.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Force">Whether it may take the place of a file that is there.</param>
internal sealed record CoredumpRequest(string Path, bool Force = false);
