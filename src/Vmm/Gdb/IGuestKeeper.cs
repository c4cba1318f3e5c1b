namespace Vmm.Gdb;

/// <summary>Who has the run of the guest that a debugger wants to hold.</summary>
internal interface IGuestKeeper
{
    /// <summary>Lends the guest to a debugger; false while somebody else has it, such as a migration, or there is none.</summary>
    bool TryTake();

    /// <summary>The debugger is gone; the guest goes on, or is held as it was before.</summary>
    /// <param name="resumed">Whether it goes on although its user had paused it.</param>
    void GiveBack(bool resumed);

    /// <summary>Ends the guest's run; does not wait.</summary>
    void Kill();

    /// <summary>The debugger's side failed, and with it the machine's host side.</summary>
    void Fail(Exception fault);
}
