using Vmm.Api;
using Vmm.Control;

namespace Vmm.Cli;

/// <summary>A process that is there for one run of one guest (<c>vmm run</c>), as the API sees it.</summary>
/// <param name="control">Its VM.</param>
internal sealed class RunningProcess(VmControl control) : IVmmProcess
{
    /// <inheritdoc/>
    public bool LivesWithItsVm => true;

    /// <inheritdoc/>
    public CancellationToken Ending => CancellationToken.None;

    /// <inheritdoc/>
    public void End() => control.Stop();
}
