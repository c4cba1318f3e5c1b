using Vmm.Guest.Memory;

namespace Vmm.Machine.Config;

/// <summary>Checks what a balloon may be.</summary>
internal static class BalloonRules
{
    private const int LongestInterval = 3600;

    /// <summary>Checks a machine's balloon, if it has one.</summary>
    /// <exception cref="MachineConfigException">Naming the field that is wrong.</exception>
    public static void Check(MachineConfig config)
    {
        if (config.Balloon is not { } balloon)
            return;
        if (Fault(balloon.Size, config.Memory.Size) is { } fault)
            throw new MachineConfigException("balloon.size", fault);
        if (balloon.Stats is < 0 or > LongestInterval)
            throw new MachineConfigException("balloon.stats", $"{balloon.Stats} is out of range: 0 to {LongestInterval} seconds");
    }

    /// <summary>What is wrong with a balloon's size; null when nothing is.</summary>
    /// <param name="size">What it shall hold.</param>
    /// <param name="memory">The guest's RAM.</param>
    public static string? Fault(ByteSize size, ByteSize memory)
    {
        if (size.Bytes % MemoryLayout.PageSize != 0)
            return $"{size} is not a multiple of a page ({new ByteSize(MemoryLayout.PageSize)})";
        return size.Bytes < memory.Bytes
            ? null
            : $"{size} would leave the guest nothing of its {memory}: the balloon is what the guest gives up";
    }
}
