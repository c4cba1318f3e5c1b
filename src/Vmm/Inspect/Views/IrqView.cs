using Vmm.Inspect.Report;
using Vmm.Kvm.State;

namespace Vmm.Inspect.Views;

/// <summary>Interrupt controllers and the interval timer, in words.</summary>
internal static class IrqView
{
    /// <summary>The 8254's clock, in Hz.</summary>
    private const double TimerClock = 1193181.8;

    /// <summary>What 16 bits of 0 count as.</summary>
    private const uint LongestCount = 0x10000;

    /// <summary>Those of the machine, and the local APIC of one vCPU.</summary>
    public static InspectReport Of(InspectedMachine machine, int vcpu)
    {
        VcpuRecord record = machine.Vcpu(vcpu);
        InterruptControllersRecord chips = machine.Section("interrupt-controllers", KvmStateJson.Default.InterruptControllersRecord);
        TimerRecord timer = machine.Section("interval-timer", KvmStateJson.Default.TimerRecord);
        InspectedMachine.RequireWhole("interval-timer", "channels", timer.Channels);
        LapicFacts lapic = new(record.Lapic, record.System.ApicBase);
        return InspectReport.Of(
            Lapic(vcpu, lapic),
            InspectBlock.Table("local vectors", ["name", "entry"], [.. lapic.LocalVectors.Select(vector => (IReadOnlyList<InspectCell>)[vector.Name, vector.What])]) with { Headed = false },
            InspectBlock.Table("I/O APIC", ["input", "vector", "destination", "entry"],
                [.. chips.IoApic.Redirections.Select((entry, pin) => (IReadOnlyList<InspectCell>)[pin, InspectCell.Hex(entry & 0xff, 2), InterruptWords.Destination(entry), InterruptWords.Redirection(entry)])]),
            InspectBlock.Table("8259A", ["chip", "first vector", "requested", "being served", "masked", "level"], [Pic("master", chips.Master, 0), Pic("slave", chips.Slave, 8)]),
            InspectBlock.Table("8254", ["counter", "mode", "count", "period", "gate"], [.. timer.Channels.Select(Counter)]));
    }

    private static InspectBlock Lapic(int vcpu, LapicFacts lapic) => InspectBlock.Of("local APIC",
        new InspectField("vCPU", vcpu),
        new InspectField("id", lapic.ApicId),
        new InspectField("mode", lapic.Mode),
        new InspectField("version", InspectCell.Hex(lapic.VersionNumber)),
        new InspectField("task priority", InspectCell.Hex(lapic.Priority)),
        new InspectField("logical destination", $"0x{lapic.Logical.Destination:x}, format 0x{lapic.Logical.Format:x}"),
        new InspectField("spurious vector", InspectCell.Hex(lapic.SpuriousVector, 2)),
        new InspectField("requested", InspectCell.Of(lapic.VectorsRequested)),
        new InspectField("being served", InspectCell.Of(lapic.VectorsInService)),
        new InspectField("last command", InspectCell.Hex(lapic.Command)),
        new InspectField("errors", InspectCell.Hex(lapic.ErrorStatus)),
        new InspectField("timer", lapic.TimerCount));

    /// <summary>By the fields of struct kvm_pic_state.</summary>
    private static IReadOnlyList<InspectCell> Pic(string name, byte[] chip, int first)
    {
        const int requested = 1, masked = 2, served = 3, vectors = 5, levels = 14;
        byte At(int field) => field < chip.Length ? chip[field] : (byte)0;
        return
        [
            name, InspectCell.Hex(At(vectors), 2), InspectCell.Of(InterruptWords.Lines(At(requested), first)), InspectCell.Of(InterruptWords.Lines(At(served), first)),
            InspectCell.Of(InterruptWords.Lines(At(masked), first)), InspectCell.Of(InterruptWords.Lines(At(levels), first)),
        ];
    }

    private static IReadOnlyList<InspectCell> Counter(TimerChannelRecord channel, int number)
    {
        uint count = channel.Count == 0 ? LongestCount : channel.Count;
        return [number, InterruptWords.CounterMode(channel.Mode), count, string.Create(null, $"{count / TimerClock * 1000:0.###} ms"), channel.Gate != 0 ? "open" : "closed"];
    }
}
