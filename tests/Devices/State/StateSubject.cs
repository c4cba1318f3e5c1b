using Vmm.Devices.State;

namespace Vmm.Tests.Devices.State;

/// <summary>One kind of section, for the suites over all of them: a part in use, and a fresh one.</summary>
/// <param name="part">The part.</param>
/// <param name="works">Lets it run after a restore, and shows that a reset makes all well.</param>
/// <param name="end">Frees what it stands on.</param>
internal sealed class StateSubject(IStateful part, Action? works = null, Action? end = null) : IDisposable
{
    /// <summary>What is saved and restored.</summary>
    public IStateful Part => part;

    /// <summary>Its state as text.</summary>
    public string Saved => part.SaveState().GetRawText();

    /// <summary>It runs on, whatever was restored; a reset helps.</summary>
    public void AssertWorks() => works?.Invoke();

    /// <inheritdoc/>
    public void Dispose() => end?.Invoke();
}
