namespace Vmm.Trace;

/// <summary>What is to be traced.</summary>
/// <param name="Filter">Which exits.</param>
/// <param name="Most">How many at most; null for as many as there are.</param>
/// <param name="Step">Whether, and from where on, instructions are, too; null for exits only.</param>
internal sealed record TraceRequest(ExitFilter Filter, long? Most = null, StepRequest? Step = null);
