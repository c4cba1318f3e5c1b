using Vmm.Machine.Build;

namespace Vmm.Control;

/// <summary>A machine that is not taken apart before this is disposed of, whatever becomes of its guest.</summary>
/// <param name="vm">The machine.</param>
/// <param name="giveBack">Gives it back.</param>
internal sealed class BorrowedMachine(MicroVm vm, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    /// <summary>The machine.</summary>
    public MicroVm Vm { get; } = vm;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
