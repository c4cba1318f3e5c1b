using Vmm.Devices.Platform.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>Clock and memory behind ports 0x70 (which byte) and 0x71 (the byte).</summary>
/// <param name="recorded">Which exits are in the trace.</param>
/// <param name="initial">What a selector holds when the trace begins; null when that is not known.</param>
internal sealed class CmosRegisters(ExitFilter recorded, ulong? initial) : IRegisterNames
{
    private readonly Selection _index = new(recorded, 0, initial);

    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        if (exit.Offset != 0)
            return _index.At(exit) is { } index ? new(Name((int)index)) : new("data", "of an index that is not in the trace");
        if (!exit.IsWrite)
            return new("index");
        int written = (int)exit.Value & CmosSpec.IndexMask;
        _index.Set((ulong)written);
        return new("index", Name(written));
    }

    private static string Name(int index) => index switch
    {
        CmosSpec.Seconds => "seconds",
        CmosSpec.Minutes => "minutes",
        CmosSpec.Hours => "hours",
        CmosSpec.DayOfWeek => "day of week",
        CmosSpec.Day => "day",
        CmosSpec.Month => "month",
        CmosSpec.Year => "year",
        CmosSpec.StatusA => "status A",
        CmosSpec.StatusB => "status B",
        CmosSpec.StatusC => "status C",
        CmosSpec.StatusD => "status D",
        CmosSpec.Century => "century",
        CmosSpec.BaseMemory or CmosSpec.BaseMemory + 1 => "base memory",
        CmosSpec.ExtendedMemory or CmosSpec.ExtendedMemory + 1 or CmosSpec.ExtendedMemoryFound or CmosSpec.ExtendedMemoryFound + 1 => "extended memory",
        CmosSpec.MemoryAbove16M or CmosSpec.MemoryAbove16M + 1 => "memory above 16 MiB",
        _ => $"byte 0x{index:x2}",
    };
}
