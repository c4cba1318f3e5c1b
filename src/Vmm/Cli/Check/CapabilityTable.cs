using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Cli.Check;

/// <summary>Asks KVM for each capability that a machine needs or can use.</summary>
internal static class CapabilityTable
{
    /// <summary>Asks for each.</summary>
    public static List<HostFinding> Ask(KvmSystem kvm)
    {
        List<HostFinding> findings = [];
        foreach ((KvmCapability capability, bool needed, string purpose) in KvmRequirements.All)
        {
            Verdict verdict = kvm.Check(capability) > 0 ? Verdict.Ok : needed ? Verdict.Fails : Verdict.Lacks;
            string detail = verdict == Verdict.Fails ? purpose + "; a newer kernel has it" : purpose;
            findings.Add(new(capability.ToString(), verdict, detail));
        }
        return findings;
    }
}
