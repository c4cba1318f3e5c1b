namespace Vmm.Guest.Cpu;

/// <summary>A segment register with its hidden part (Intel SDM 3A, 3.4.5; KVM's kvm_segment has the same fields).</summary>
public readonly record struct SegmentState
{
    /// <summary>Type of a code segment: execute, read, accessed.</summary>
    public const byte TypeCode = 0xB;

    /// <summary>Type of a data segment: read, write, accessed.</summary>
    public const byte TypeData = 0x3;

    /// <summary>Type of a 32- or 64-bit task state segment in use (SDM 3A, table 3-2).</summary>
    public const byte TypeBusyTask = 0xB;

    /// <summary>Type of a local descriptor table.</summary>
    public const byte TypeLdt = 0x2;

    /// <summary>Smallest limit of a 32-bit TSS (SDM 3A, 8.2.2).</summary>
    private const uint TaskLimit = 0x67;

    /// <summary>The visible part.</summary>
    public ushort Selector { get; init; }

    /// <summary>Linear base address.</summary>
    public ulong Base { get; init; }

    /// <summary>Last byte, in bytes whatever the granularity.</summary>
    public uint Limit { get; init; }

    /// <summary>Descriptor type, four bits.</summary>
    public byte Type { get; init; }

    /// <summary>Descriptor privilege level.</summary>
    public byte Dpl { get; init; }

    /// <summary>S: a code or data segment (true) or a system segment.</summary>
    public bool IsCodeOrData { get; init; }

    /// <summary>P.</summary>
    public bool Present { get; init; }

    /// <summary>L: 64-bit code.</summary>
    public bool LongMode { get; init; }

    /// <summary>D/B: 32-bit operands or stack.</summary>
    public bool DefaultBig { get; init; }

    /// <summary>G: the limit counts pages.</summary>
    public bool PageGranular { get; init; }

    /// <summary>A flat 32-bit code segment.</summary>
    public static SegmentState Code32(ushort selector) => Flat(selector, TypeCode) with { DefaultBig = true };

    /// <summary>A 64-bit code segment.</summary>
    public static SegmentState Code64(ushort selector) => Flat(selector, TypeCode) with { LongMode = true };

    /// <summary>A flat data and stack segment.</summary>
    public static SegmentState Data(ushort selector) => Flat(selector, TypeData) with { DefaultBig = true };

    /// <summary>A task register that satisfies the processor and holds no task.</summary>
    public static SegmentState Task(ushort selector) => new()
    {
        Selector = selector,
        Limit = TaskLimit,
        Type = TypeBusyTask,
        Present = true,
    };

    /// <summary>An LDT register without a table.</summary>
    public static SegmentState NoLdt => new() { Type = TypeLdt, Limit = 0xFFFF, Present = false };

    /// <summary>A real-mode code segment: base is the selector times 16.</summary>
    public static SegmentState RealCode(ushort selector) => Real(selector, TypeCode);

    /// <summary>A real-mode data or stack segment.</summary>
    public static SegmentState RealData(ushort selector) => Real(selector, TypeData);

    /// <summary>The same segment for user code: DPL 3 and RPL 3.</summary>
    public SegmentState ForUser() => this with { Dpl = 3, Selector = (ushort)(Selector | 3) };

    /// <summary>The eight bytes that describe the segment in a descriptor table (SDM 3A, figure 3-8).</summary>
    public ulong ToDescriptor()
    {
        uint limit = PageGranular ? Limit >> 12 : Limit;
        ulong low = (limit & 0xFFFF) | ((Base & 0xFF_FFFF) << 16);
        ulong access = (uint)(Type & 0xF) | (IsCodeOrData ? 1U << 4 : 0) | ((uint)(Dpl & 3) << 5) | (Present ? 1U << 7 : 0);
        ulong flags = (LongMode ? 1UL << 1 : 0) | (DefaultBig ? 1UL << 2 : 0) | (PageGranular ? 1UL << 3 : 0);
        return low | (access << 40) | ((ulong)((limit >> 16) & 0xF) << 48) | (flags << 52) | (((Base >> 24) & 0xFF) << 56);
    }

    private static SegmentState Flat(ushort selector, byte type) => new()
    {
        Selector = selector,
        Limit = 0xFFFF_FFFF,
        Type = type,
        IsCodeOrData = true,
        Present = true,
        PageGranular = true,
    };

    private static SegmentState Real(ushort selector, byte type) => new()
    {
        Selector = selector,
        Base = (ulong)selector << 4,
        Limit = 0xFFFF,
        Type = type,
        IsCodeOrData = true,
        Present = true,
    };
}
