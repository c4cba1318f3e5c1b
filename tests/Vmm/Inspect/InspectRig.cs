using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vmm.Devices.State;
using Vmm.Inspect;
using Vmm.Inspect.Report;
using Vmm.Kvm.State;
using Vmm.Machine.Config;
using Vmm.Snapshot.State;
using Vmm.Tests.Vmm.State;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>A machine of 64 KiB that exists only as state and bytes, with page tables that the test writes.</summary>
internal sealed class InspectRig
{
    public const ulong P = 1, RW = 2;
    public const ulong Code = 0xffff_ffff_8100_0000;
    public const ulong Stack = 0xffff_ffff_8100_3000;

    public byte[] Ram { get; } = new byte[0x1_0000];

    public VcpuRecord Vcpu { get; set; } = Running();

    public List<IStateful> Devices { get; } = [];

    public Func<int, ulong, ulong?>? Translate { get; set; }

    public MachineConfig Config { get; } = MachineConfigResolver.Resolve(new MachineConfig { Name = "web", Firmware = "hello", Memory = new MemoryConfig { Size = new ByteSize(16 << 20) }, Rng = false });

    /// <summary>Maps three pages at <see cref="Code"/>, guest-physical 0x8000 and on: code, data, and under <see cref="Stack"/> a stack.</summary>
    public InspectRig()
    {
        Put(0x1000 + (Code >> 39 & 0x1ff) * 8, 0x2000 | P | RW);
        Put(0x2000 + (Code >> 30 & 0x1ff) * 8, 0x3000 | P | RW);
        Put(0x3000 + (Code >> 21 & 0x1ff) * 8, 0x4000 | P | RW);
        for (ulong page = 0; page < 3; page++)
            Put(0x4000 + ((Code >> 12 & 0x1ff) + page) * 8, 0x8000 + page * 0x1000 | P | RW);
    }

    /// <summary>A vCPU in 64-bit mode at <see cref="Code"/>, with tables at 0x1000.</summary>
    public static VcpuRecord Running()
    {
        VcpuRecord sample = SampleRecords.Vcpu();
        SegmentRegister code = new(0, 0xffffffff, 0x10, 0xb, 1, 0, 0, 1, 1, 1, 0, 0);
        SegmentRegister data = new(0, 0xffffffff, 0x18, 3, 1, 0, 1, 1, 0, 1, 0, 0);
        return sample with
        {
            General = sample.General with { Rip = Code, Rsp = Stack, Rflags = 0x246 },
            System = sample.System with { Cs = code, Ss = data, Ds = data, Es = data, Cr0 = 0x80050033, Cr3 = 0x1000, Cr4 = 0x6f0, Efer = 0xd01, Idt = new(Code + 0x1000, 0xfff), Gdt = new(Code + 0x1800, 0x7f) },
            Cpuid = [.. sample.Cpuid, new(0x8000_0001, 0, 0, 0, 0, 0, 1 << 26), new(0x8000_0008, 0, 0, 40, 0, 0, 0)],
        };
    }

    /// <summary>The state as a snapshot has it.</summary>
    public IReadOnlyList<IStateful> Parts() =>
    [
        .. Devices,
        Part("interrupt-controllers", SampleRecords.InterruptControllers(), KvmStateJson.Default.InterruptControllersRecord),
        Part("interval-timer", SampleRecords.Timer(), KvmStateJson.Default.TimerRecord),
        Part("clock", SampleRecords.Clock(), KvmStateJson.Default.ClockRecord),
        Part("vcpu0", Vcpu, KvmStateJson.Default.VcpuRecord),
        Part("vcpu1", SampleRecords.Vcpu(), KvmStateJson.Default.VcpuRecord),
    ];

    public InspectedMachine Machine() => new(StateSections.Save(Parts()))
    {
        Config = Config,
        Read = Read,
        Slots = [new MemorySlot(0, 0, (ulong)Ram.Length, 0x7f00_0000_0000)],
        PlaceName = "host address",
        Translate = Translate,
    };

    public string Text(string topic, string? where = null, Func<InspectRequest, InspectRequest>? change = null) => InspectText.Of(Report(topic, where, change));

    public JsonElement Json(string topic, string? where = null, Func<InspectRequest, InspectRequest>? change = null)
    {
        using MemoryStream output = new();
        InspectJson.Write(Report(topic, where, change), output);
        return JsonDocument.Parse(output.ToArray()).RootElement;
    }

    public InspectReport Report(string topic, string? where = null, Func<InspectRequest, InspectRequest>? change = null)
    {
        InspectRequest request = new(InspectRules.Topic(topic)) { Where = where };
        return Inspector.Answer(Machine(), change?.Invoke(request) ?? request);
    }

    public void Put(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Ram.AsSpan((int)address), value);

    public void Put(ulong address, params ReadOnlySpan<byte> bytes) => bytes.CopyTo(Ram.AsSpan((int)address));

    public bool Read(ulong address, Span<byte> destination)
    {
        if (address > (ulong)Ram.Length || (ulong)destination.Length > (ulong)Ram.Length - address)
            return false;
        Ram.AsSpan((int)address, destination.Length).CopyTo(destination);
        return true;
    }

    public static SavedPart Part<T>(string name, T record, JsonTypeInfo<T> type) => new(name, StateJson.Write(record, type));
}
