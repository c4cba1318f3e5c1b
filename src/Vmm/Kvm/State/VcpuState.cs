using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Kvm.State;

/// <summary>One vCPU as a part of the machine that can be frozen and brought back.</summary>
/// <param name="vcpu">The vCPU.</param>
/// <param name="msrs">The model-specific registers to save.</param>
/// <param name="xsaveSize">Bytes of an XSAVE area on this host.</param>
internal sealed class VcpuState(KvmVcpu vcpu, uint[] msrs, int xsaveSize) : IStateful
{
    /// <inheritdoc/>
    public string StateName { get; } = $"vcpu{vcpu.Number}";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(VcpuSaver.Save(vcpu, msrs, xsaveSize), KvmStateJson.Default.VcpuRecord);

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state) =>
        VcpuRestorer.Restore(StateName, vcpu, StateJson.Read(this, version, state, KvmStateJson.Default.VcpuRecord), xsaveSize);
}
