using Vmm.Devices.Pci.Spec;
using Vmm.Devices.Platform;
using Vmm.Devices.Platform.Spec;
using Vmm.Devices.State;
using Vmm.Guest.Memory;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Vmm.Tests.Devices.Platform;
using Vmm.Tests.Devices.Virtio.EveryDevice;
using Vmm.Tests.Devices.Virtio.Harness;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>
/// Every kind of section that a machine's state has from here: platform devices, the PCI bus, and each type of virtio
/// device on each transport, where a new type comes in by its line in <see cref="DeviceSubjects"/>.
/// </summary>
internal static class StateSubjects
{
    private static readonly Dictionary<string, Func<bool, StateSubject>> s_makers = new()
    {
        ["serial"] = Serial,
        ["i8042"] = isUsed => Simple(new I8042(new RecordingPower(), new RecordingLine()), isUsed, c => c.Out8(I8042Spec.StatusCommand, I8042Spec.WriteRam + 3)),
        ["cmos"] = isUsed => Simple(new Cmos(new ManualClock(), 1 << 28, 1 << 28), isUsed, Adjust),
        ["acpi-power"] = isUsed => Simple(new AcpiPower(new RecordingPower(), new RecordingLine()), isUsed, p => p.PressPowerButton()),
        ["generation-id"] = Generation,
        ["post-code"] = isUsed => Simple(new PostCodePort(), isUsed, p => p.Out8(0, 0x42)),
        ["reset-control"] = isUsed => Simple(new ResetControl(new RecordingPower()), isUsed, r => r.Out8(0, 0x0A)),
        ["system-control"] = isUsed => Simple(new SystemControlPort(new RecordingPower()), isUsed, s => s.Out8(0, 0)),
        ["pci-config"] = isUsed => Simple(new PciTestMachine().Ports, isUsed, p => p.Out32(0, 0x8000_1804)),
        ["pci"] = Pci,
    };

    /// <summary>All of them, as <c>cmos</c> or <c>net-pci</c>.</summary>
    public static TheoryData<string> All => [.. s_makers.Keys, .. Virtio.Keys];

    private static Dictionary<string, (string Device, TransportKind Kind)> Virtio { get; } =
        (from device in DeviceSubjects.Names from kind in Enum.GetValues<TransportKind>() select (device, kind))
        .ToDictionary(pair => $"{pair.device}-{(pair.kind == TransportKind.Pci ? "pci" : "mmio")}");

    /// <summary>One in the middle of use, at rest.</summary>
    public static StateSubject MakeUsed(string name) => Make(name, isUsed: true);

    /// <summary>One to restore into.</summary>
    public static StateSubject MakeFresh(string name) => Make(name, isUsed: false);

    private static StateSubject Make(string name, bool isUsed) =>
        s_makers.TryGetValue(name, out Func<bool, StateSubject>? maker) ? maker(isUsed) : Device(Virtio[name], isUsed);

    private static StateSubject Simple<T>(T part, bool isUsed, Action<T> use) where T : IStateful
    {
        if (isUsed)
            use(part);
        return new StateSubject(part);
    }

    private static StateSubject Serial(bool isUsed) => Simple(new Serial16550("serial0", new RecordingLine(), new CollectingSink()), isUsed, serial =>
    {
        serial.Out8(Uart16550.InterruptIdentification, Uart16550.FCR_ENABLE);
        serial.Out8(Uart16550.InterruptEnable, Uart16550.IER_RDA);
        serial.Receive("ab"u8);
        serial.SendBreak();
    });

    private static void Adjust(Cmos cmos)
    {
        cmos.Out8(0, CmosSpec.Year);
        cmos.Out8(1, 0x42);
    }

    private static StateSubject Generation(bool isUsed)
    {
        var ram = new TestRam((0UL, MemoryLayout.MinimumRam));
        var events = new AcpiPower(new RecordingPower(), new RecordingLine());
        Guid value = isUsed ? new Guid("6f8d2e2e-6a6c-4a4c-8a4f-0123456789ab") : Guid.Empty;
        return new StateSubject(new GenerationId(ram.Memory, events, new CountingEntropy(), value), end: ram.Dispose);
    }

    private static StateSubject Pci(bool isUsed)
    {
        var machine = new PciTestMachine();
        if (isUsed)
        {
            machine.EnableMsix(MsixSpec.FunctionMask);
            machine.Function.Msix!.Signal(2);
        }
        return new StateSubject(machine.Bus, () =>
        {
            machine.EnableMsix();
            machine.Function.Msix!.Signal(0);
            machine.Function.Intx!.Set(true);
            machine.Bus.Reset();
            Assert.Null(machine.Function.Bars[0].MappedAt);
        });
    }

    private static StateSubject Device((string Name, TransportKind Kind) device, bool isUsed)
    {
        var rig = new EvilRig(device.Name, device.Kind);
        if (isUsed)
        {
            rig.Start();
            rig.Subject.AssertWorks(rig, EvilRig.Buffers);
        }
        rig.Core.Quiesce();
        return new StateSubject(
            rig.Core,
            () =>
            {
                rig.Subject.Restored();
                rig.Core.Resume();
                rig.Doorbells.Run();
                for (int queue = 0; queue < rig.Queues.Count; queue++)
                    rig.Turn(queue);
                rig.AssertRecovers();
            },
            rig.Dispose);
    }
}
