namespace Vmm.Control.Local;

/// <summary>A place for a debugger.</summary>
/// <param name="Place">Where it listens, as <c>--gdb</c> has it.</param>
/// <param name="Attached">Whether a debugger is there.</param>
internal sealed record DebuggerStatus(string Place, bool Attached);
