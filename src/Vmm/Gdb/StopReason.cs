namespace Vmm.Gdb;

/// <summary>A stop of the guest.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Vcpu">The vCPU that it is about, from 0.</param>
/// <param name="Address">What was watched, for a watchpoint.</param>
internal readonly record struct StopReason(StopKind Kind, int Vcpu, ulong Address = 0);
