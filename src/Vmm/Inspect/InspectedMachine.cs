using System.Text.Json.Serialization.Metadata;
using Vmm.Devices.State;
using Vmm.Guest.Cpu.Cpuid;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine.Config;
using Vmm.Snapshot.State;

namespace Vmm.Inspect;

/// <summary>
/// A machine that stands still, to be looked at: the sections that a snapshot has, a reader of its memory, and what only its
/// process or only a folder knows. A living machine and a snapshot are the same from here on.
/// </summary>
internal sealed class InspectedMachine
{
    private const string Vcpus = "vcpu";

    private readonly Dictionary<string, StateSection> _sections;
    private readonly Dictionary<int, VcpuRecord> _vcpus = [];

    /// <summary>Begins with its state.</summary>
    public InspectedMachine(SavedState state)
    {
        State = state;
        _sections = state.Sections.ToDictionary(section => section.Name);
    }

    /// <summary>Processors and devices.</summary>
    public SavedState State { get; }

    /// <summary>The machine's description, resolved.</summary>
    public required MachineConfig Config { get; init; }

    /// <summary>Reads its memory.</summary>
    public required ReadMemory Read { get; init; }

    /// <summary>Where its RAM is.</summary>
    public required IReadOnlyList<MemorySlot> Slots { get; init; }

    /// <summary>What <see cref="MemorySlot.Place"/> is: <c>host address</c> or <c>file offset</c>.</summary>
    public required string PlaceName { get; init; }

    /// <summary>The I/O ports; null where they have to be told from the state.</summary>
    public IReadOnlyList<BusEntry>? Ports { get; init; }

    /// <summary>Device registers in memory; null where they have to be told from the state.</summary>
    public IReadOnlyList<BusEntry>? Registers { get; init; }

    /// <summary>Asks for the CPUID leaves that the host's KVM supports; null where there is no host.</summary>
    public Func<IReadOnlyList<CpuidEntry>>? HostCpuid { get; init; }

    /// <summary>Has KVM look an address up for a vCPU: null for one that leads nowhere. Null where there is no KVM.</summary>
    public Func<int, ulong, ulong?>? Translate { get; init; }

    /// <summary>How many vCPUs it has.</summary>
    public int VcpuCount => State.Sections.Count(section => section.Name.StartsWith(Vcpus, StringComparison.Ordinal) && int.TryParse(section.Name.AsSpan(Vcpus.Length), out _));

    /// <summary>What a vCPU holds.</summary>
    /// <exception cref="VmmException">There is no such vCPU, or the state of it is damaged.</exception>
    public VcpuRecord Vcpu(int number)
    {
        if (_vcpus.TryGetValue(number, out VcpuRecord? known))
            return known;
        if (number < 0 || !_sections.ContainsKey($"{Vcpus}{number}"))
            throw InspectRules.Wrong($"--vcpu: there is no vCPU {number}: '{Config.Name}' has {VcpuCount}, from 0");
        VcpuRecord record = Section($"{Vcpus}{number}", KvmStateJson.Default.VcpuRecord);
        Checked(() => VcpuCheck.Check($"{Vcpus}{number}", record, record.Xsave.Length));
        return _vcpus[number] = record;
    }

    /// <summary>Memory as a vCPU sees it.</summary>
    public LinearMemory Linear(int vcpu)
    {
        VcpuRecord record = Vcpu(vcpu);
        return LinearMemory.Of(record.System, record.Cpuid, Read);
    }

    /// <summary>A section's record.</summary>
    /// <exception cref="VmmException">There is none, or it is damaged.</exception>
    public T Section<T>(string name, JsonTypeInfo<T> type) where T : class => TryGetSection(name, type)
        ?? throw new VmmException($"the state of '{Config.Name}' has no section '{Printable.Escape(name)}': it is of another kind of machine, or damaged");

    /// <summary>A section's record; null when there is no such section.</summary>
    /// <exception cref="VmmException">It is damaged.</exception>
    public T? TryGetSection<T>(string name, JsonTypeInfo<T> type) where T : class
    {
        if (!_sections.TryGetValue(name, out StateSection? section))
            return null;
        T? record = null;
        Checked(() => record = StateJson.Read(name, section.State, type));
        return record;
    }

    /// <summary>Refuses a section in whose list something is missing.</summary>
    /// <exception cref="VmmException">Naming the list.</exception>
    public static void RequireWhole<T>(string section, string list, IEnumerable<T?> items) where T : class =>
        Checked(() => StateJson.Require(items.All(item => item is not null), section, $"{list}: null is none of them: the state is damaged"));

    /// <summary>The slot that an address is in; null when it is no RAM.</summary>
    public MemorySlot? SlotOf(ulong address) => Slots.FirstOrDefault(slot => slot.Contains(address));

    private static void Checked(Action read)
    {
        try
        {
            read();
        }
        catch (StateException wrong)
        {
            throw new VmmException(wrong.Message, cause: wrong);
        }
    }
}
