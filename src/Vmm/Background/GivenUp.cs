using System.Diagnostics;
using Vmm.Consoles;
using Vmm.Host;
using Vmm.Registry;

namespace Vmm.Background;

/// <summary>
/// A start that its user gives up with a signal while he waits for it: the VM's process, which has left the terminal, is asked to end,
/// and made to by a second signal.
/// </summary>
internal sealed class GivenUp : IDisposable
{
    private readonly Process _process;
    private readonly EndSignals _signals;
    private int _received;

    /// <summary>Begins to listen.</summary>
    /// <param name="process">The VM's process.</param>
    public GivenUp(Process process)
    {
        _process = process;
        _signals = new EndSignals((context, number) =>
        {
            context.Cancel = true;
            bool first = Interlocked.CompareExchange(ref _received, number, 0) == 0;
            if (!_process.HasExited)
                _ = Linux.kill(_process.Id, first ? Linux.SIGTERM : Linux.SIGKILL);
        });
    }

    /// <summary>The signal that came first; 0 for none.</summary>
    public int Received => Volatile.Read(ref _received);

    /// <summary>Waits until the process is gone, and says what became of the VM.</summary>
    /// <param name="folder">The VM.</param>
    /// <param name="before">Its record from before the start, which it gets back.</param>
    public VmmException Refusal(VmFolder folder, VmRecord before)
    {
        _process.WaitForExit();
        folder.TryWriteRecord(before);
        return new VmmException($"the start of '{folder.Name}' was given up (signal {Received})", ExitCodes.Signalled(Received));
    }

    /// <inheritdoc/>
    public void Dispose() => _signals.Dispose();
}
