namespace Vmm.Gdb.Protocol;

/// <summary>What follows from a command.</summary>
internal enum CommandResult
{
    /// <summary>The answer is sent.</summary>
    Answer,

    /// <summary>The guest runs: the answer is its next stop.</summary>
    Runs,

    /// <summary>The answer is sent; then the guest goes on without a debugger.</summary>
    Detach,

    /// <summary>The guest's run is over.</summary>
    Kill,
}
