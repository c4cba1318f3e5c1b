namespace Vmm.Migration.Protocol;

/// <summary>A refusal, a failure or a cancellation.</summary>
/// <param name="Reason">One line for people.</param>
internal sealed record ReasonMessage(string Reason);
