using Vmm.Kvm;

namespace Vmm.Machine.Exits;

/// <summary>Describes a vCPU that cannot go on.</summary>
internal interface ICrashReporter
{
    /// <summary>A report for a person: what happened, what of, registers, the instruction. On the vCPU's thread, just after its exit.</summary>
    /// <param name="vcpu">The vCPU.</param>
    /// <param name="kind">How the machine's run ends by it.</param>
    /// <param name="what">What happened, in words.</param>
    string Describe(IVcpu vcpu, OutcomeKind kind, string what);
}
