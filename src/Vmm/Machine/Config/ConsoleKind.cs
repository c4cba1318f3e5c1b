namespace Vmm.Machine.Config;

/// <summary>Where a console leads.</summary>
internal enum ConsoleKind
{
    /// <summary>Nowhere: what the guest prints is dropped, and it hears nothing.</summary>
    Off,

    /// <summary>This process's standard input and output.</summary>
    Tty,

    /// <summary>Output to a file; no input.</summary>
    File,
}
