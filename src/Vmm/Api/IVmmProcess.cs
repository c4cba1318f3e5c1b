namespace Vmm.Api;

/// <summary>The process around the VM, as the API sees it.</summary>
internal interface IVmmProcess
{
    /// <summary>Whether the process ends with its guest's run (<c>vmm run</c>): then deleting the VM is ending the process.</summary>
    bool LivesWithItsVm { get; }

    /// <summary>Set when the process is to end, by whatever told it: calls that wait for somebody else end then.</summary>
    CancellationToken Ending { get; }

    /// <summary>Asks the process to end in good order; does not wait.</summary>
    void End();
}
