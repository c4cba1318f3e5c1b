namespace Vmm.Migration.Sending;

/// <summary>What comes after a round.</summary>
internal enum NextStep
{
    /// <summary>Another round, while the guest runs.</summary>
    Round,

    /// <summary>The last round: the guest is held.</summary>
    Hold,

    /// <summary>The guest is held and goes on at the destination; the rest follows.</summary>
    Switch,

    /// <summary>None: the guest stays.</summary>
    Cancel,
}
