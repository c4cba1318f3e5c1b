namespace Vmm.Consoles;

/// <summary>What a byte typed by the user means.</summary>
internal enum EscapeKey
{
    /// <summary>It is for the guest.</summary>
    Data,

    /// <summary>It is the escape key, or was no command after it: nothing happens.</summary>
    Nothing,

    /// <summary>End the machine.</summary>
    End,

    /// <summary>Leave a console that was attached to; the machine runs on.</summary>
    Detach,

    /// <summary>Show what the keys do.</summary>
    Help,

    /// <summary>Send a break to the guest.</summary>
    Break,
}
