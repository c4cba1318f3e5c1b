using System.Buffers.Binary;

namespace Vmm.Inspect;

/// <summary>A local APIC's page, decoded (Intel SDM 3A, 11.4, table 11-1).</summary>
/// <param name="page">1,024 bytes, as KVM has them.</param>
/// <param name="baseRegister">IA32_APIC_BASE.</param>
internal sealed class LapicFacts(byte[] page, ulong baseRegister)
{
    private const int Id = 0x20, Version = 0x30, TaskPriority = 0x80, LogicalDestination = 0xd0, DestinationFormat = 0xe0, Spurious = 0xf0;
    private const int InService = 0x100, Requested = 0x200, Errors = 0x280, CommandLow = 0x300, CommandHigh = 0x310;
    private const int Timer = 0x320, InitialCount = 0x380, CurrentCount = 0x390, Divider = 0x3e0;
    private const int RegisterStride = 0x10;
    private const int Registers = 8;
    private const ulong BootProcessor = 1 << 8, X2Apic = 1 << 10, Enabled = 1 << 11;
    private const uint SoftwareEnabled = 1 << 8;
    private const int XapicIdShift = 24;

    /// <summary>Local vector table entries by offset, with their names.</summary>
    private static readonly (int Offset, string Name)[] s_vectors =
        [(Timer, "timer"), (0x330, "thermal"), (0x340, "performance"), (0x350, "LINT0"), (0x360, "LINT1"), (0x370, "error")];

    /// <summary>Its id.</summary>
    public uint ApicId => (baseRegister & X2Apic) != 0 ? U32(Id) : U32(Id) >> XapicIdShift;

    /// <summary>Its state in words.</summary>
    public string Mode => (baseRegister & Enabled) == 0 ? "off"
        : $"{((baseRegister & X2Apic) != 0 ? "x2APIC" : "xAPIC")} at 0x{baseRegister & ~0xfffUL:x}{((U32(Spurious) & SoftwareEnabled) == 0 ? ", disabled by software" : "")}{((baseRegister & BootProcessor) != 0 ? ", of the boot processor" : "")}";

    /// <summary>Its version.</summary>
    public uint VersionNumber => U32(Version) & 0xff;

    /// <summary>Task priority: vectors of this class and below wait.</summary>
    public uint Priority => U32(TaskPriority) & 0xff;

    /// <summary>Logical destination, and the format of it.</summary>
    public (uint Destination, uint Format) Logical => (U32(LogicalDestination), U32(DestinationFormat));

    /// <summary>Vector of spurious interrupts.</summary>
    public uint SpuriousVector => U32(Spurious) & 0xff;

    /// <summary>Error status.</summary>
    public uint ErrorStatus => U32(Errors);

    /// <summary>Vectors that are being served.</summary>
    public IReadOnlyList<string> VectorsInService => Vectors(InService);

    /// <summary>Vectors that wait to be served.</summary>
    public IReadOnlyList<string> VectorsRequested => Vectors(Requested);

    /// <summary>The last command to other processors.</summary>
    public ulong Command => (ulong)U32(CommandHigh) << 32 | U32(CommandLow);

    /// <summary>The local vector table, in words.</summary>
    public IReadOnlyList<(string Name, string What)> LocalVectors => [.. s_vectors.Select(vector => (vector.Name, Describe(U32(vector.Offset), vector.Offset == Timer)))];

    /// <summary>The timer's count, in words.</summary>
    public string TimerCount
    {
        get
        {
            // Bits 0, 1 and 3: 2, 4, 8 … 128, 1 (11.5.4).
            uint bits = (U32(Divider) & 3) | (U32(Divider) >> 1 & 4);
            uint divider = bits == 7 ? 1 : 2U << (int)bits;
            return U32(InitialCount) == 0 ? $"stopped, divided by {divider}" : $"{U32(CurrentCount)} of {U32(InitialCount)}, divided by {divider}";
        }
    }

    private static string Describe(uint entry, bool timer)
    {
        string mode = timer
            ? (entry >> 17 & 3) switch { 0 => "one-shot", 1 => "periodic", 2 => "TSC deadline", _ => "reserved mode" }
            : InterruptWords.Delivery(entry >> 8 & 7);
        return $"{((entry & 1 << 16) != 0 ? "masked" : "open")}, {mode}, vector 0x{entry & 0xff:x2}";
    }

    private List<string> Vectors(int first)
    {
        List<string> set = [];
        for (int vector = 0; vector < Registers * 32; vector++)
        {
            if ((U32(first + vector / 32 * RegisterStride) >> vector % 32 & 1) != 0)
                set.Add($"0x{vector:x2}");
        }
        return set;
    }

    private uint U32(int offset) => offset + sizeof(uint) <= page.Length ? BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(offset)) : 0;
}
