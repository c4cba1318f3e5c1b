using Vmm.Kvm;

namespace Vmm.Machine.Exits;

/// <summary>Describes a vCPU that cannot go on.</summary>
internal interface ICrashReporter
{
    /// <summary>A report for a person: what happened, registers, the instruction. On the vCPU's thread, just after its exit.</summary>
    string Describe(IVcpu vcpu, string what);
}
