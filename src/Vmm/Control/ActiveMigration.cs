using Vmm.Migration;

namespace Vmm.Control;

/// <summary>A migration that is under way.</summary>
/// <param name="destination">Where to.</param>
internal sealed class ActiveMigration(string destination) : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private MigrationProgress _progress = new();

    /// <summary>Where to.</summary>
    public string Destination { get; } = destination;

    /// <summary>Set when it is to be given up.</summary>
    public CancellationToken Token => _cancel.Token;

    /// <summary>How far it is.</summary>
    public MigrationProgress Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    /// <summary>Gives it up, if the guest is not given up yet.</summary>
    public void Cancel()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cancel.Dispose();
}
