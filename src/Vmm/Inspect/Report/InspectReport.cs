namespace Vmm.Inspect.Report;

/// <summary>What an inspection found: the same facts for text and for JSON.</summary>
/// <param name="Blocks">In the order in which they are shown.</param>
internal sealed record InspectReport(IReadOnlyList<InspectBlock> Blocks)
{
    /// <summary>A report of some blocks.</summary>
    public static InspectReport Of(params IReadOnlyList<InspectBlock> blocks) => new(blocks);
}
