namespace Vmm.Bench.Exits;

/// <summary>A program whose exits are measured.</summary>
internal interface IExitSubject
{
    /// <summary>Runs the guest of a row once.</summary>
    /// <param name="row">The row.</param>
    /// <param name="size">How often.</param>
    Batch Run(ExitRow row, BatchSize size);
}
