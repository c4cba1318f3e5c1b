namespace Vmm.Trace;

/// <summary>That instructions are to be traced, too, one by one.</summary>
/// <param name="From">The linear address from which on each vCPU is stepped; null for at once.</param>
internal sealed record StepRequest(ulong? From = null);
