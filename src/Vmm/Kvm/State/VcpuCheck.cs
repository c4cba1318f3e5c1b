using System.Buffers.Binary;
using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>What can be said of a vCPU's saved state before KVM sees it. KVM names no field when it refuses; this does.</summary>
internal static class VcpuCheck
{
    private const int LapicSize = 1024;

    /// <summary>What KVM takes (KVM_MAX_CPUID_ENTRIES).</summary>
    private const int MostCpuidEntries = 256;

    /// <summary>Far more than any KVM has named so far.</summary>
    private const int MostMsrs = 4096;

    /// <summary>Intel SDM 1, 13.4.2: XSTATE_BV and XCOMP_BV in the header of an XSAVE area; the latter is 0 in the standard form.</summary>
    private const int XstateInUse = 512;
    private const int XstateCompacted = 520;

    /// <summary>Intel SDM 3A, 6.3.1: vectors up to 31 are exceptions; 2 is the NMI, which is none.</summary>
    private const byte LastException = 31;
    private const byte NmiVector = 2;

    private const ulong LastTaskPriority = 15;

    private const uint KnownEvents = kvm_vcpu_events.KVM_VCPUEVENT_VALID_NMI_PENDING | kvm_vcpu_events.KVM_VCPUEVENT_VALID_SIPI_VECTOR
        | kvm_vcpu_events.KVM_VCPUEVENT_VALID_SHADOW | kvm_vcpu_events.KVM_VCPUEVENT_VALID_SMM;

    /// <summary>Checks counts, lengths and reserved bits.</summary>
    /// <param name="section">Its name, for messages.</param>
    /// <param name="saved">What was saved.</param>
    /// <param name="xsaveSize">Bytes of an XSAVE area on this host.</param>
    /// <exception cref="StateException">No vCPU can hold that; the field is named.</exception>
    public static void Check(string section, VcpuRecord saved, int xsaveSize)
    {
        Need(saved.MpState <= kvm_mp_state.KVM_MP_STATE_SIPI_RECEIVED, $"mp-state: {saved.MpState} is none that a processor can be in");
        Need(saved.Lapic.Length == LapicSize, $"lapic: {saved.Lapic.Length} bytes where {LapicSize} are needed");
        CheckXsave(section, saved.Xsave, xsaveSize);
        CheckNumbered(section, "xcr", saved.Xcr, kvm_xcrs.KVM_MAX_XCRS);
        CheckNumbered(section, "msr", saved.Msr, MostMsrs);
        CheckCpuid(section, saved.Cpuid);
        Need(saved.System.Cr8 <= LastTaskPriority, $"system.cr8: 0x{saved.System.Cr8:x} has reserved bits set");
        Need(saved.System.Cr0 <= uint.MaxValue, $"system.cr0: 0x{saved.System.Cr0:x} has reserved bits set");
        CheckEvents(section, saved.Events);

        void Need(bool holds, string otherwise) => StateJson.Require(holds, section, otherwise);
    }

    /// <summary>Checks a CPUID table.</summary>
    /// <exception cref="StateException">KVM would not take it; the entry is named.</exception>
    public static void CheckCpuid(string section, IReadOnlyList<CpuidRecord> table)
    {
        StateJson.Require(table.Count is > 0 and <= MostCpuidEntries, section, $"cpuid: {table.Count} entries; there are 1 to {MostCpuidEntries}");
        for (int i = 0; i < table.Count; i++)
        {
            StateJson.Require(table[i] is { } e && (e.Function | e.Index | e.Flags | e.Eax | e.Ebx | e.Ecx | e.Edx) <= uint.MaxValue,
                section, $"cpuid[{i}]: it is null, or a register in it has more than 32 bits");
        }
    }

    private static void CheckXsave(string section, byte[] area, int xsaveSize)
    {
        StateJson.Require(area.Length >= KvmVcpu.XsaveSize, section, $"xsave: {area.Length} bytes where {KvmVcpu.XsaveSize} are the least");
        StateJson.Require(area.Length <= xsaveSize || !area.AsSpan(xsaveSize).ContainsAnyExcept((byte)0), section,
            $"xsave: {area.Length} bytes are in use where this host has {xsaveSize}: it lacks a processor feature with much state, such as amx_tile");
        ulong compacted = BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(XstateCompacted));
        StateJson.Require(compacted == 0, section, $"xsave: the area is in a compacted form (0x{compacted:x}, with 0x{BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(XstateInUse)):x} in use), which KVM does not give");
    }

    private static void CheckNumbered(string section, string field, IReadOnlyList<NumberedRegister> registers, int most)
    {
        StateJson.Require(registers.Count <= most, section, $"{field}: {registers.Count} registers; there are at most {most}");
        HashSet<ulong> seen = [];
        for (int i = 0; i < registers.Count; i++)
        {
            StateJson.Require(registers[i] is { } r && r.Index <= uint.MaxValue, section, $"{field}[{i}]: it is null, or its number has more than 32 bits");
            StateJson.Require(seen.Add(registers[i].Index), section, $"{field} 0x{registers[i].Index:x}: it is there twice");
        }
    }

    private static void CheckEvents(string section, PendingEvents e)
    {
        StateJson.Require((e.Flags & ~KnownEvents) == 0, section, $"events.flags: 0x{e.Flags:x} has bits that mean nothing here (known: 0x{KnownEvents:x})");
        bool hasException = (e.ExceptionInjected | e.ExceptionPending) != 0;
        StateJson.Require(!hasException || (e.ExceptionVector <= LastException && e.ExceptionVector != NmiVector), section, $"events.exception-vector: {e.ExceptionVector} is no exception");
        StateJson.Require(e.SipiVector <= byte.MaxValue, section, $"events.sipi-vector: {e.SipiVector} is no page below 1 MiB");
    }
}
