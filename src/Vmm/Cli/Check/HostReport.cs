using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Cli.Check;

/// <summary>What this host can do for guests, one finding after the other.</summary>
/// <param name="Findings">In the order in which they matter.</param>
internal sealed record HostReport(IReadOnlyList<HostFinding> Findings)
{
    /// <summary>Whether guests can run at all.</summary>
    public bool CanRun => Findings.All(finding => finding.Verdict != Verdict.Fails);

    /// <summary>Whether an unmodified Linux can run.</summary>
    public bool RunsStockKernel => Findings.Any(finding => finding is { Name: StockKernel.Name, Verdict: Verdict.Ok });

    /// <summary>Looks at the host.</summary>
    /// <param name="device">KVM's device.</param>
    public static HostReport Collect(string device = KvmSystem.DevicePath)
    {
        List<HostFinding> findings = [];
        try
        {
            using KvmSystem kvm = KvmSystem.Open(device);
            findings.Add(new(device, Verdict.Ok, $"can be opened; API version {KvmSystem.ApiVersion}"));
            findings.AddRange(CapabilityTable.Ask(kvm));
            findings.Add(Vcpus(kvm));
            using (kvm.CreateVm())
                findings.Add(new("virtual machine", Verdict.Ok, "can be created"));
            findings.Add(StockKernel.Ask());
        }
        catch (VmmException wrong)
        {
            findings.Add(new(findings.Count == 0 ? device : "virtual machine", Verdict.Fails, wrong.Message));
        }
        return new(findings);
    }

    private static HostFinding Vcpus(KvmSystem kvm)
    {
        int most = kvm.Check(KvmCapability.KVM_CAP_MAX_VCPUS);
        int recommended = kvm.Check(KvmCapability.KVM_CAP_NR_VCPUS);
        return new("vCPUs", Verdict.Ok, $"up to {most}; {recommended} recommended");
    }
}
