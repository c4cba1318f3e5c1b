namespace Vmm.Inspect;

/// <summary>A run of ports or addresses, and who answers there.</summary>
/// <param name="Start">The first.</param>
/// <param name="Length">How many.</param>
/// <param name="Device">Who.</param>
/// <param name="InKernel">Whether KVM answers itself, without an exit to this program.</param>
internal sealed record BusEntry(ulong Start, ulong Length, string Device, bool InKernel = false);
