using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Guest.Cpu.Cpuid;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Kvm.State;

/// <summary>Whether a guest that was begun on one host can go on on another. A guest never looks at its processor twice: what it has been told must stay true.</summary>
internal static class ProcessorFit
{
    private const string Section = "cpu";
    private const int MostNamed = 8;

    /// <summary>
    /// Bits that are not the host's to offer: KVM makes them up from what the guest does, or they tell of the machine's layout,
    /// which is this program's affair.
    /// </summary>
    private static readonly HashSet<string> s_notOfTheHost = ["hypervisor", "osxsave", "ospke", "monitor", "ht", "cmp_legacy", "topoext", "kvm_hint_dedicated"];

    private const string DeadlineTimer = "tsc_deadline_timer";

    /// <summary>CPUID leaf 0xD, sub-leaf 0: EDX:EAX are the components that XCR0 can switch on.</summary>
    private const uint XsaveLeaf = 0xD;
    private const uint AddressLeaf = 0x8000_0008;
    private const uint AddressBits = 0xff;

    /// <summary>What the first vCPU was told.</summary>
    public static ProcessorRecord Of(KvmVm vm, KvmVcpu vcpu)
    {
        List<CpuidRecord> table = CpuidRecords.Of(vcpu);
        uint signature = Get(table, 1).Eax;
        // Intel SDM 2A, CPUID, figure 3-6: the extended fields count for the largest family only, and models of families 6 and 15.
        uint family = signature >> 8 & 0xf;
        uint model = signature >> 4 & 0xf;
        if (family is 6 or 15)
            model |= (signature >> 16 & 0xf) << 4;
        if (family == 15)
            family += signature >> 20 & 0xff;
        return new(Vendor(Get(table, 0)), family, model, signature & 0xf, vcpu.GetTscKhz(), KvmParts.XsaveSize(vm), table);
    }

    /// <summary>The record as JSON, for a manifest.</summary>
    public static JsonElement Write(ProcessorRecord record) => StateJson.Write(record, KvmStateJson.Default.ProcessorRecord);

    /// <summary>The record from JSON.</summary>
    /// <exception cref="StateException">It is none; the field is named.</exception>
    public static ProcessorRecord Read(JsonElement json)
    {
        ProcessorRecord record = StateJson.Read(Section, json, KvmStateJson.Default.ProcessorRecord);
        VcpuCheck.CheckCpuid(Section, record.Cpuid);
        return record;
    }

    /// <summary>Refuses a guest that this host cannot carry on.</summary>
    /// <exception cref="VmmException">Naming what is missing.</exception>
    public static void Check(ProcessorRecord saved, HostOffer host)
    {
        IReadOnlyList<string> missing = FindMissing(saved, host);
        if (missing.Count == 0)
            return;
        string more = missing.Count > MostNamed ? $" and {missing.Count - MostNamed} more" : "";
        throw new VmmException($"this host's processor cannot carry the guest on: it lacks {string.Join(", ", missing.Take(MostNamed))}{more}; "
            + "use a host that has it, or start the guest without it (--cpu -FEATURE) where it is to move");
    }

    /// <summary>What this host lacks, by name; empty when the guest can go on here.</summary>
    public static IReadOnlyList<string> FindMissing(ProcessorRecord saved, HostOffer host)
    {
        List<string> missing = [];
        string vendor = Vendor(Get(host.Cpuid, 0));
        string savedVendor = Vendor(Get(saved.Cpuid, 0));
        if (vendor != savedVendor)
            missing.Add($"being made by {Printable.Escape(savedVendor)} (it is made by {Printable.Escape(vendor)})");
        HashSet<string> named = [];
        foreach (CpuFeatureBit bit in CpuFeatureTable.All)
        {
            if (s_notOfTheHost.Contains(bit.Name) || !Has(Get(saved.Cpuid, bit.Function, bit.Index), bit) || named.Contains(bit.Name))
                continue;
            bool has = bit.Name == DeadlineTimer
                ? host.HasTscDeadline
                : Has(Get(host.Cpuid, bit.Function, bit.Index), bit) || Has(Get(host.Given, bit.Function, bit.Index), bit);
            if (!has && named.Add(bit.Name))
                missing.Add(bit.Name);
        }
        AddQuantities(missing, saved, host);
        return missing;
    }

    private static void AddQuantities(List<string> missing, ProcessorRecord saved, HostOffer host)
    {
        ulong components = Components(Get(saved.Cpuid, XsaveLeaf)) & ~Components(Get(host.Cpuid, XsaveLeaf));
        if (components != 0)
            missing.Add($"XSAVE components 0x{components:x}");
        uint bits = Get(saved.Cpuid, AddressLeaf).Eax & AddressBits;
        uint hostBits = Get(host.Cpuid, AddressLeaf).Eax & AddressBits;
        if (bits > hostBits)
            missing.Add($"physical addresses of {bits} bits (it has {hostBits})");
        if (saved.TscKhz != 0 && host.TscKhz != 0 && !host.ScalesTsc && !AreClose(saved.TscKhz, host.TscKhz))
            missing.Add($"a time stamp counter of {saved.TscKhz} kHz (it has {host.TscKhz} kHz and cannot scale it)");
    }

    /// <summary>Within 250 ppm, what clocks differ by and timekeeping copes with.</summary>
    internal static bool AreClose(uint one, uint other) => Math.Abs((long)one - other) * 4000 <= one;

    private static ulong Components(CpuidEntry e) => (ulong)e.Edx << 32 | e.Eax;

    private static bool Has(CpuidEntry entry, CpuFeatureBit bit) => (entry[bit.Register] >> bit.Bit & 1) != 0;

    private static CpuidEntry Get(IReadOnlyList<CpuidRecord> table, uint function, uint index = 0) =>
        table.FirstOrDefault(e => e.Function == function && e.Index == index) is { } e
            ? new(function, index, (uint)e.Flags, (uint)e.Eax, (uint)e.Ebx, (uint)e.Ecx, (uint)e.Edx)
            : default;

    private static CpuidEntry Get(CpuidEntry[] table, uint function, uint index = 0) =>
        Array.Find(table, e => e.Function == function && e.Index == index);

    private static string Vendor(CpuidEntry entry)
    {
        Span<byte> name = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(name, entry.Ebx);
        BinaryPrimitives.WriteUInt32LittleEndian(name[4..], entry.Edx);
        BinaryPrimitives.WriteUInt32LittleEndian(name[8..], entry.Ecx);
        return Encoding.Latin1.GetString(name);
    }
}
