using System.Text.Json;
using System.Text.Json.Nodes;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.State;
using Vmm.Snapshot.State;
using Xunit;

namespace Vmm.Tests.Kvm.State;

/// <summary>States that no vCPU, or none of this host, can be in: each is refused, with its field.</summary>
public sealed class RefusedStateTests
{
    [Theory]
    [Trait("Row", "76")]
    [InlineData("vcpu0", "system", "cr4", "\"0xffffffffffffffff\"", "system")]
    [InlineData("vcpu0", "system", "cr0", "\"0xffffffffffffffff\"", "cr0")]
    [InlineData("vcpu0", "system", "apic-base", "\"0xffffffffffffffff\"", "system")]
    [InlineData("vcpu0", "lapic", null, "\"AAAA\"", "lapic")]
    [InlineData("vcpu0", "msr", null, "[{\"index\":\"0x12345678\",\"value\":\"0x1\"}]", "msr 0x12345678")]
    [InlineData("vcpu0", "events", "flags", "4294967295", "events.flags")]
    [InlineData("vcpu0", "mp-state", null, "77", "mp-state")]
    [InlineData("vcpu0", "xcr", null, "[{\"index\":\"0x0\",\"value\":\"0xffffffffffffffff\"}]", "xcr")]
    [InlineData("interval-timer", "channels", null, "[]", "channels")]
    [InlineData("interrupt-controllers", "master", null, "\"\"", "master")]
    [InlineData("clock", "nanoseconds", null, "-1", "nanoseconds")]
    public void Impossible_state_is_refused_and_its_field_named(string section, string field, string? inner, string value, string named)
    {
        using MovingGuest guest = new("ticks", "n=1000000 hz=1");
        guest.Vm.Machine.Pause();
        SavedState good = guest.Freeze();
        JsonNode changed = JsonNode.Parse(good.Sections.First(s => s.Name == section).State.GetRawText())!;
        (inner is null ? changed : changed[field]!)[inner ?? field] = JsonNode.Parse(value);
        SavedState bad = good with
        {
            Sections = [.. good.Sections.Select(s => s.Name != section ? s : s with { State = JsonDocument.Parse(changed.ToJsonString()).RootElement })],
        };
        VmmException refused = Assert.Throws<VmmException>(() => guest.TryBuild(bad));
        Assert.Contains(section, refused.Message, StringComparison.Ordinal);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Host_can_carry_on_what_it_began_itself()
    {
        using MovingGuest guest = new("ticks", "n=1000000 hz=1");
        using KvmSystem kvm = KvmSystem.Open();
        ProcessorRecord record = ProcessorFit.Read(ProcessorFit.Write(ProcessorFit.Of(guest.Vm.Kvm, guest.Vm.Vcpus[0])));
        Assert.Empty(ProcessorFit.FindMissing(record, HostOffer.Of(kvm, guest.Vm.Kvm, guest.Vm.Vcpus[0])));
    }
}
