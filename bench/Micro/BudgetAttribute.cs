namespace Vmm.Bench.Micro;

/// <summary>What a benchmark may take: CI checks it (<see cref="Budgets"/>).</summary>
/// <param name="bytes">The most that an operation allocates, in bytes.</param>
/// <param name="ratio">The most times that it takes its class's baseline's, median against median in the same run: about twice what was measured, for machines differ.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BudgetAttribute(long bytes, double ratio) : Attribute
{
    /// <summary>Bytes an operation.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Times the baseline.</summary>
    public double Ratio { get; } = ratio;
}
