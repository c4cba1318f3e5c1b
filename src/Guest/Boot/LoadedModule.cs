using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>A module in guest RAM.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Arguments">Its argument string.</param>
internal readonly record struct LoadedModule(GuestAddress Start, ulong Size, KernelCommandLine Arguments);
